import type { ValueMap } from '@weft/contracts'
import type { ToolCaller, ToolDeclaration, ToolIcon, ToolOutput, ToolReference } from '@weft/ports'
import type { TenantScope } from '../database/tenant-scope.ts'

/** Where tools of one kind of provider come from. */
export interface ToolSource {
  /** @throws ToolError where there is no such tool, or it lacks credentials */
  find(scope: TenantScope, reference: ToolReference): Promise<ReadyTool>
  /** The provider's icon. Undefined where it has none, or is gone. */
  icon(scope: TenantScope, providerId: string): Promise<ToolIcon | undefined>
}

/** A tool that is ready to be called. Kept in memory for a moment, and shared: not to be changed. */
export interface ReadyTool {
  declaration: ToolDeclaration
  /** @throws ToolError */
  invoke(invocation: ReadyInvocation): AsyncIterable<ToolOutput>
}

export interface ReadyInvocation {
  scope: TenantScope
  /** All values, cast to the declared types. */
  parameters: ValueMap
  caller: ToolCaller
  idempotencyKey: string
  signal: AbortSignal
}

/** What stands for a provider whose icon is unknown. */
export const FALLBACK_ICON: ToolIcon = { background: '#252525', content: '😁' }
