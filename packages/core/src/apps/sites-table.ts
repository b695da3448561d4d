import { boolean, text, uuid } from 'drizzle-orm/pg-core'
import { createdAt, id, updatedAt } from '../database/columns.ts'
import { tenantTable } from '../database/tenant-table.ts'

/** How an app shows itself as a web page. Every app has one. */
export const sites = tenantTable('sites', {
  id: id(),
  appId: uuid().notNull(),
  title: text().notNull(),
  iconType: text(),
  icon: text(),
  iconBackground: text(),
  description: text(),
  defaultLanguage: text().notNull().default('en-US'),
  chatColorTheme: text(),
  chatColorThemeInverted: boolean().notNull().default(false),
  copyright: text(),
  privacyPolicy: text(),
  showWorkflowSteps: boolean().notNull().default(true),
  useIconAsAnswerIcon: boolean().notNull().default(false),
  customDisclaimer: text().notNull().default(''),
  customizeDomain: text(),
  customizeTokenStrategy: text().notNull().default('not_allow'),
  promptPublic: boolean().notNull().default(false),
  status: text().notNull().default('normal'),
  /** Its public address: `/chat/{code}`. */
  code: text().notNull(),
  createdBy: uuid(),
  updatedBy: uuid(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export type Site = (typeof sites)['$inferSelect']
