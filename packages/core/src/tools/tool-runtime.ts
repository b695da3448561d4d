import type { ValueMap } from '@weft/contracts'
import {
  type EventBus,
  type ToolDeclaration,
  ToolError,
  type ToolIcon,
  type ToolInvocation,
  type ToolMessage,
  type ToolParameter,
  type ToolProviderType,
  type ToolReference,
  type ToolRuntime,
} from '@weft/ports'
import { createRemembered } from '../apps/remembered.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type OutputStorage, storedOutputs } from './stored-outputs.ts'
import { castParameters, formValuesOf } from './tool-parameters.ts'
import { FALLBACK_ICON, type ReadyTool, type ToolSource } from './tool-source.ts'

export interface ToolRuntimeOptions {
  sources: { [Type in ToolProviderType]?: ToolSource }
  storage: OutputStorage
  secrets: Secrets
  /** Tells other processes when a tenant's tools change; without it they see it some seconds later. */
  bus?: EventBus
}

/** The runtime, with what its keepers need besides. */
export interface KeptToolRuntime extends ToolRuntime, AsyncDisposable {
  /** After the tenant's tools or their credentials have changed. */
  forget(scope: TenantScope): void
  icon(scope: TenantScope, providerType: ToolProviderType, providerId: string): Promise<ToolIcon>
  /** What a tool node's events say besides: its provider's icon. Undefined of other nodes. */
  nodeExtras(node: { type: string; data: unknown }, run: { tenantId: string; origin: string }): Promise<ValueMap | undefined>
}

/** The purpose under which secret values of a tool's form are encrypted. */
export const TOOL_PARAMETER_SECRET = 'tool-parameter'

const CHANNEL = 'tool-changes'
const REMEMBERED = { milliseconds: 10_000, limit: 2000 }

export async function createToolRuntime({ sources, storage, secrets, bus }: ToolRuntimeOptions): Promise<KeptToolRuntime> {
  const kept = createRemembered<{ tenantId: string; tool: ReadyTool }>(REMEMBERED)
  const icons = createRemembered<{ tenantId: string; icon: ToolIcon }>(REMEMBERED)
  const forgetTenant = (tenantId: string) => {
    kept.forget(entry => entry.tenantId === tenantId)
    icons.forget(entry => entry.tenantId === tenantId)
  }
  const unsubscribe = await bus?.subscribe(CHANNEL, forgetTenant)

  async function find(reference: ToolReference): Promise<{ scope: TenantScope; tool: ReadyTool }> {
    const { tenantId, providerType, providerId, toolName, credentialId } = reference
    // The reference comes from a run or a caller whose tenant was established before.
    const scope = grantTenantScope(tenantId)
    const source = sources[providerType]
    if (!source) throw new ToolError('not-found', `provider type ${providerType} not found`)
    const key = JSON.stringify([tenantId, providerType, providerId, toolName, credentialId ?? null])
    const { tool } = await kept.get(key, async () => ({ tenantId, tool: await source.find(scope, reference) }))
    return { scope, tool }
  }

  /** A secret that is not encrypted stands as it is: graphs may hold it plain. */
  async function openSecrets(scope: TenantScope, parameters: readonly ToolParameter[], form: ValueMap): Promise<ValueMap> {
    const opened = { ...form }
    for (const { name, type } of parameters) {
      const value = form[name]
      if (type !== 'secret-input' || typeof value !== 'string') continue
      opened[name] = await secrets.decrypt(scope, TOOL_PARAMETER_SECRET, value).catch(() => value)
    }
    return opened
  }

  const describe = async (reference: ToolReference): Promise<ToolDeclaration> => (await find(reference)).tool.declaration

  return {
    describe,
    async formValues(reference, configuration) {
      const { parameters } = await describe(reference)
      return formValuesOf(parameters, configuration)
    },
    async *invoke({ reference, form, parameters, caller, idempotencyKey, signal }: ToolInvocation): AsyncIterable<ToolMessage> {
      const { scope, tool } = await find(reference)
      const { parameters: declared } = tool.declaration
      const values = { ...parameters, ...(await openSecrets(scope, declared, form)) }
      const invocation = { scope, parameters: castParameters(declared, values), caller, idempotencyKey, signal }
      yield* storedOutputs(tool.invoke(invocation), storage, invocation)
    },
    icon,
    async nodeExtras({ type, data }, { tenantId, origin }) {
      if (type !== 'tool') return undefined
      const { provider_type, provider_id } = data as { provider_type: ToolProviderType; provider_id: string }
      // Whose the run is has been established before. An icon is not worth a failure.
      const found = await icon(grantTenantScope(tenantId), provider_type, provider_id).catch(() => FALLBACK_ICON)
      return { icon: typeof found === 'string' && found.startsWith('/') ? origin + found : found }
    },
    forget(scope) {
      forgetTenant(scope.tenantId)
      bus?.publish(CHANNEL, scope.tenantId).catch(() => undefined)
    },
    [Symbol.asyncDispose]: async () => void (await unsubscribe?.()),
  }

  async function icon(scope: TenantScope, providerType: ToolProviderType, providerId: string): Promise<ToolIcon> {
    const { tenantId } = scope
    const load = async () => ({ tenantId, icon: (await sources[providerType]?.icon(scope, providerId)) ?? FALLBACK_ICON })
    return (await icons.get(JSON.stringify([tenantId, providerType, providerId]), load)).icon
  }
}
