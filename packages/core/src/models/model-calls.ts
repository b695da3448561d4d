import { type ModelCall, ModelError, type ModelReference, type ModelType } from '@weft/ports'
import type { LoadBalancer, Turn } from './load-balancer.ts'
import type { ModelAccess, ReadyModel } from './model-access.ts'

/** A call's options beside what is asked. */
export type CallOptions = Pick<ModelCall, 'signal' | 'purpose'>

/** Calls of a tenant's models, each by the credentials whose turn it is. */
export interface ModelCalls {
  find(reference: ModelReference, type: ModelType): Promise<ReadyModel>
  /** @throws ModelError the last one, where all credentials fail */
  once<Answer>(
    reference: ModelReference,
    type: ModelType,
    options: CallOptions,
    attempt: (ready: ReadyModel, call: ModelCall) => Promise<Answer>,
  ): Promise<Answer>
  /** Goes on with the next credentials only before the first event. */
  stream<Event>(
    reference: ModelReference,
    type: ModelType,
    options: CallOptions,
    attempt: (ready: ReadyModel, call: ModelCall) => AsyncIterable<Event>,
  ): AsyncIterable<Event>
}

export function createModelCalls({ access, balancer }: { access: ModelAccess; balancer: LoadBalancer }): ModelCalls {
  /** The calls to try. Among several credentials each is tried once: the next one is better than a pause. */
  async function* attempts(
    reference: ModelReference,
    type: ModelType,
    options: CallOptions,
    ready: ReadyModel,
  ): AsyncGenerator<{ call: ModelCall; turn?: Turn }> {
    const { model } = reference
    if (!ready.turns.length) {
      yield { call: { type, model, credentials: ready.credentials, ...options } }
      return
    }
    const key = `${reference.tenantId}:${ready.provider.declaration.provider}:${type}:${model}`
    for await (const turn of balancer.turns(key, ready.turns))
      yield { turn, call: { type, model, credentials: turn.credentials, tries: 1, ...options } }
  }

  async function mayGoOn(turn: Turn | undefined, failure: unknown): Promise<boolean> {
    return turn !== undefined && (await balancer.rest(turn, failure))
  }

  return {
    find: access.find,

    async once(reference, type, options, attempt) {
      const ready = await access.find(reference, type)
      let last: unknown
      for await (const { call, turn } of attempts(reference, type, options, ready)) {
        try {
          return await attempt(ready, call)
        } catch (failure) {
          if (!(await mayGoOn(turn, failure))) throw failure
          last = failure
        }
      }
      throw last ?? allRest()
    },

    async *stream(reference, type, options, attempt) {
      const ready = await access.find(reference, type)
      let last: unknown
      for await (const { call, turn } of attempts(reference, type, options, ready)) {
        let hasBegun = false
        try {
          for await (const event of attempt(ready, call)) {
            hasBegun = true
            yield event
          }
          return
        } catch (failure) {
          if (hasBegun || !(await mayGoOn(turn, failure))) throw failure
          last = failure
        }
      }
      throw last ?? allRest()
    },
  }
}

function allRest(): ModelError {
  return new ModelError(
    'rate-limited',
    'Model credentials is not initialized. All credentials that the model takes turns with are resting: try again in a minute.',
  )
}
