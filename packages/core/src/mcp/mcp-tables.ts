import type { McpTool, ToolIcon } from '@weft/ports'
import { boolean, doublePrecision, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, json, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** MCP servers whose tools a workspace uses. */
export const toolMcpProviders = tenantTable('tool_mcp_providers', {
  id: id(),
  userId: uuid().notNull(),
  name: text().notNull(),
  serverIdentifier: text().notNull(),
  /** Encrypted, as the headers and what OAuth gave are. */
  serverUrl: text().notNull(),
  serverUrlHash: text().notNull(),
  headers: text(),
  credentials: text(),
  /** A sign on a ground, or an uploaded picture's id. */
  icon: json<ToolIcon>().notNull(),
  isAuthorized: boolean().notNull().default(false),
  tools: json<McpTool[]>().notNull(),
  /** Seconds. */
  timeout: doublePrecision().notNull().default(30),
  sseReadTimeout: doublePrecision().notNull().default(300),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type McpProvider = (typeof toolMcpProviders)['$inferSelect']

/** Apps that are MCP servers. */
export const appMcpServers = tenantTable('app_mcp_servers', {
  id: id(),
  appId: uuid().notNull(),
  name: text().notNull(),
  description: text().notNull().default(''),
  /** The whole right to call the app: whoever has it may. */
  serverCode: text().notNull(),
  status: text().$type<'active' | 'inactive'>().notNull().default('active'),
  /** What clients are told of each variable. */
  parameters: json<{ [variable: string]: string }>().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type AppMcpServer = (typeof appMcpServers)['$inferSelect']
