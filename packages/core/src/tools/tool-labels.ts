import type { LocalizedText } from '@weft/ports'
import { and, eq, inArray } from 'drizzle-orm'
import type { Database, DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { toolLabelBindings } from './tool-tables.ts'

export interface ToolLabel {
  name: string
  label: LocalizedText
  /** An SVG drawing. */
  icon: string
}

const draw = (drawing: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="#344054" stroke-width="1.33" stroke-linecap="round" stroke-linejoin="round">${drawing}</svg>`

const label = (name: string, en_US: string, zh_Hans: string, drawing: string): ToolLabel => ({
  name,
  label: { en_US, zh_Hans },
  icon: draw(drawing),
})

/** What tools may be sorted under. */
export const TOOL_LABELS: readonly ToolLabel[] = [
  label('search', 'Search', '搜索', '<circle cx="7" cy="7" r="4.5"/><path d="M10.5 10.5L14 14"/>'),
  label('image', 'Image', '图片', '<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M2 11l4-4 3 3 2-2 3 3"/>'),
  label('videos', 'Videos', '视频', '<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M7 6l3 2-3 2z"/>'),
  label('weather', 'Weather', '天气', '<path d="M5 12a3 3 0 1 1 .5-6A4 4 0 0 1 13 8a2 2 0 0 1-1 4z"/>'),
  label('finance', 'Finance', '金融', '<path d="M2 13h12M4 11V7M8 11V3M12 11V6"/>'),
  label('design', 'Design', '设计', '<path d="M3 13l1-3 7-7 2 2-7 7z"/>'),
  label('travel', 'Travel', '旅行', '<path d="M2 8l12-5-4 11-2-5z"/>'),
  label(
    'social',
    'Social',
    '社交',
    '<circle cx="5.5" cy="6" r="2"/><circle cx="11" cy="6" r="2"/><path d="M2 13c0-4 7-4 7 0M9 12c1-3 5-2 5 1"/>',
  ),
  label('news', 'News', '新闻', '<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M5 6h6M5 8h6M5 10h3"/>'),
  label('medical', 'Medical', '医疗', '<path d="M6 2h4v4h4v4h-4v4H6v-4H2V6h4z"/>'),
  label('productivity', 'Productivity', '生产力', '<path d="M9 2L4 9h4l-1 5 5-7H8z"/>'),
  label('education', 'Education', '教育', '<path d="M1 6l7-3 7 3-7 3zM4 8v3c2 2 6 2 8 0V8"/>'),
  label('business', 'Business', '商业', '<rect x="2" y="5" width="12" height="8" rx="1"/><path d="M6 5V3h4v2"/>'),
  label(
    'entertainment',
    'Entertainment',
    '娱乐',
    '<rect x="1.5" y="5" width="13" height="7" rx="3"/><path d="M5 7v3M3.5 8.5h3M10.5 8.5h.1M12 8.5h.1"/>',
  ),
  label('utilities', 'Utilities', '工具', '<path d="M10 2a4 4 0 0 0-4 5l-4 4 3 3 4-4a4 4 0 0 0 5-5l-2 2-2-2 2-2z"/>'),
  label('other', 'Other', '其他', '<circle cx="4" cy="8" r=".7"/><circle cx="8" cy="8" r=".7"/><circle cx="12" cy="8" r=".7"/>'),
  label('rag', 'RAG', 'RAG', '<path d="M3 2h8l2 2v10H3zM5 7h6M5 10h6"/>'),
]

const NAMES = new Set(TOOL_LABELS.map(({ name }) => name))

/** Puts these labels on the tool in place of those it has. Names that are no label are left out. */
export async function setToolLabels(
  tx: Database,
  scope: TenantScope,
  tool: { id: string; type: 'api' | 'workflow' },
  names: readonly string[],
) {
  const rows = tx.tenant(scope)
  await rows.delete(toolLabelBindings, and(eq(toolLabelBindings.toolId, tool.id), eq(toolLabelBindings.toolType, tool.type)))
  const known = [...new Set(names)].filter(name => NAMES.has(name))
  await rows.insertMany(
    toolLabelBindings,
    known.map(labelName => ({ toolId: tool.id, toolType: tool.type, labelName })),
  )
}

/** Labels by tool id. */
export async function toolLabelsOf(database: DatabaseReader, scope: TenantScope, ids: readonly string[]): Promise<Map<string, string[]>> {
  const labels = new Map<string, string[]>(ids.map(id => [id, []]))
  if (!ids.length) return labels
  const rows = await database
    .tenant(scope)
    .find(toolLabelBindings, { where: inArray(toolLabelBindings.toolId, [...ids]), orderBy: toolLabelBindings.id })
  for (const { toolId, labelName } of rows) labels.get(toolId)?.push(labelName)
  return labels
}
