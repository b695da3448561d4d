import type { EventBus } from '@weft/ports'

/** Tells every process that an app, one of its keys or its workflows has changed, so that what they remember of it is dropped. */
export interface AppChanges extends AsyncDisposable {
  /** `id` is an app's, or a tenant's where a key of its knowledge changed. Call it once the change is committed. */
  announce(id: string): void
  /** Called in this process at once, in others when the message arrives. */
  listen(listener: (id: string) => void): void
}

const CHANNEL = 'apps'

/** Without a bus, for one process. A message that is lost costs seconds: what is remembered ends by itself. */
export async function createAppChanges({ bus }: { bus?: EventBus } = {}): Promise<AppChanges> {
  const listeners: ((id: string) => void)[] = []
  const tell = (id: string) => {
    for (const listener of listeners) listener(id)
  }
  const unsubscribe = await bus?.subscribe(CHANNEL, tell)
  return {
    announce(id) {
      tell(id)
      bus?.publish(CHANNEL, id).catch(() => undefined)
    },
    listen: listener => void listeners.push(listener),
    [Symbol.asyncDispose]: async () => void (await unsubscribe?.()),
  }
}
