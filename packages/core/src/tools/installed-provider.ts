import type { LocalizedText, ToolDeclaration, ToolOutput, ToolParameter } from '@weft/ports'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { ReadyInvocation } from './tool-source.ts'

/** A provider of tools that Weft ships, or that a plugin brings. Graphs call both kinds `builtin`. */
export interface InstalledToolProvider {
  /** `time`, or `organization/plugin/provider`. */
  id: string
  author: string
  label: LocalizedText
  description: LocalizedText
  tags: string[]
  /** Null of what Weft ships. */
  plugin: { id: string; uniqueIdentifier: string } | null
  icon: { mimeType: string; bytes: Uint8Array }
  /** What an API key's form asks for; empty where the tools need no credentials. */
  credentialsSchema: ToolCredentialField[]
  oauth: { clientSchema: ToolCredentialField[]; credentialsSchema: ToolCredentialField[] } | null
  tools: InstalledTool[]
  /** @throws Error whose message is for users */
  validateCredentials?(credentials: ToolCredentials): Promise<void>
}

export type ToolCredentials = Record<string, string>

/** A field of a credentials form, spelled as on the wire. */
export interface ToolCredentialField {
  name: string
  type: 'text-input' | 'secret-input' | 'select' | 'boolean' | 'model-selector' | 'app-selector' | 'array[tools]'
  required: boolean
  default: string | number | boolean | null
  options: { value: string; label: LocalizedText }[] | null
  label: LocalizedText | null
  help: LocalizedText | null
  url: string | null
  placeholder: LocalizedText | null
  scope: string | null
  multiple: boolean
}

export interface InstalledTool {
  declaration: ToolDeclaration
  /** Parameters that depend on the tenant, in place of those of the same name or behind the others. */
  runtimeParameters?(scope: TenantScope): Promise<ToolParameter[]>
  /** @throws ToolError */
  invoke(invocation: ReadyInvocation, credentials: ToolCredentials): AsyncIterable<ToolOutput>
}

/** Where plugins' providers are found. */
export interface InstalledToolProviders {
  list(scope: TenantScope): Promise<InstalledToolProvider[]>
  find(scope: TenantScope, id: string): Promise<InstalledToolProvider | undefined>
}
