import type { ValueMap } from '@weft/contracts'
import type { ToolIcon } from '@weft/ports'
import { bigint, boolean, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'
import type { ApiOperation, ApiSchemaType } from './openapi/api-operation.ts'

/** Named credentials of built-in and plugin providers. */
export const toolBuiltinProviders = tenantTable('tool_builtin_providers', {
  id: id(),
  userId: uuid().notNull(),
  provider: text().notNull(),
  name: text().notNull(),
  credentialType: text().$type<'api-key' | 'oauth2'>().notNull(),
  isDefault: boolean().notNull().default(false),
  /** JSON of the form's values, encrypted. */
  sealed: text().notNull(),
  /** Seconds since the epoch; -1 never. */
  expiresAt: bigint({ mode: 'number' }).notNull().default(-1),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

/** OAuth clients that workspaces bring for a provider. */
export const toolOauthTenantClients = tenantTable('tool_oauth_tenant_clients', {
  id: id(),
  provider: text().notNull(),
  isEnabled: boolean().notNull().default(true),
  sealed: text(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

/** Tools that an OpenAPI or Swagger document describes. */
export const toolApiProviders = tenantTable('tool_api_providers', {
  id: id(),
  userId: uuid().notNull(),
  name: text().notNull(),
  icon: json<ToolIcon>().notNull(),
  schema: text().notNull(),
  schemaType: text().$type<ApiSchemaType>().notNull(),
  description: text().notNull().default(''),
  tools: json<ApiOperation[]>().notNull(),
  /** The key in it is encrypted. */
  credentials: json<ValueMap>().notNull(),
  privacyPolicy: text(),
  customDisclaimer: text(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export interface WorkflowToolParameter {
  name: string
  description: string
  form: 'schema' | 'form' | 'llm'
}

/** Workflows that other graphs and agents call. */
export const toolWorkflowProviders = tenantTable('tool_workflow_providers', {
  id: id(),
  userId: uuid().notNull(),
  appId: uuid().notNull(),
  name: text().notNull(),
  label: text().notNull(),
  icon: json<ToolIcon>().notNull(),
  description: text().notNull().default(''),
  /** Of the published workflow that is called. */
  version: text().notNull(),
  parameters: json<WorkflowToolParameter[]>().notNull(),
  privacyPolicy: text(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export const toolLabelBindings = tenantTable('tool_label_bindings', {
  id: id(),
  toolId: uuid().notNull(),
  toolType: text().$type<'api' | 'workflow'>().notNull(),
  labelName: text().notNull(),
})

export type ApiToolProvider = (typeof toolApiProviders)['$inferSelect']
export type WorkflowToolProvider = (typeof toolWorkflowProviders)['$inferSelect']
export type BuiltinToolCredential = (typeof toolBuiltinProviders)['$inferSelect']
