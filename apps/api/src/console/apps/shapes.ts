import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { type ApiToken, type App, type AppOverview, readModelConfig, type Site, type Tag } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { originOf } from '../../http/run-answers.ts'
import { secondsOf } from '../../http/seconds.ts'

/** Documentation only: what an app looks like has dozens of keys, of which these are sure to matter. */
export const appShape = z.looseObject({ id: z.string(), name: z.string(), mode: z.string() })

/** The short form: what changing a thing about an app answers. */
export function showApp(overview: AppOverview) {
  const { app, tags } = overview
  return {
    id: app.id,
    name: app.name,
    description: app.description,
    mode: app.mode,
    icon: app.icon,
    icon_background: app.iconBackground,
    enable_site: app.enableSite,
    enable_api: app.enableApi,
    model_config: showModelConfig(overview),
    workflow: showWorkflow(overview),
    tracing: app.tracing,
    use_icon_as_answer_icon: app.useIconAsAnswerIcon,
    created_by: app.createdBy,
    created_at: secondsOf(app.createdAt),
    updated_by: app.updatedBy,
    updated_at: secondsOf(app.updatedAt),
    access_mode: null,
    tags: tags.map(showTag),
  }
}

/** The long form, with the app's page. */
export async function showAppDetail(platform: Platform, request: FastifyRequest, overview: AppOverview, site: Site | undefined) {
  const { app } = overview
  const { tracing: _, ...short } = showApp(overview)
  return {
    ...short,
    icon_type: app.iconType,
    icon_url: iconUrl(platform, request, app),
    api_base_url: apiBaseUrl(platform, request),
    max_active_requests: app.maxActiveRequests,
    deleted_tools: deletedTools(overview),
    site: site ? showSite(platform, request, site) : null,
  }
}

export function showAppListItem(platform: Platform, request: FastifyRequest, overview: AppOverview) {
  const { app, modelConfig, tags, authorName } = overview
  const config = modelConfig && readModelConfig(modelConfig.config)
  return {
    id: app.id,
    name: app.name,
    max_active_requests: app.maxActiveRequests,
    description: app.description || (config?.pre_prompt ?? ''),
    mode: app.mode,
    icon_type: app.iconType,
    icon: app.icon,
    icon_background: app.iconBackground,
    icon_url: iconUrl(platform, request, app),
    model_config: config ? { model: config.model, pre_prompt: config.pre_prompt, ...marksOf(overview) } : null,
    workflow: showWorkflow(overview),
    use_icon_as_answer_icon: app.useIconAsAnswerIcon,
    created_by: app.createdBy,
    created_at: secondsOf(app.createdAt),
    updated_by: app.updatedBy,
    updated_at: secondsOf(app.updatedAt),
    tags: tags.map(showTag),
    access_mode: null,
    create_user_name: null,
    author_name: authorName,
  }
}

const showTag = ({ id, name, type }: Tag) => ({ id, name, type })

function showModelConfig(overview: AppOverview) {
  return overview.modelConfig ? { ...readModelConfig(overview.modelConfig.config), ...marksOf(overview) } : null
}

function marksOf({ modelConfig }: AppOverview) {
  return {
    created_by: modelConfig?.createdBy ?? null,
    created_at: secondsOf(modelConfig?.createdAt ?? null),
    updated_by: modelConfig?.createdBy ?? null,
    updated_at: secondsOf(modelConfig?.updatedAt ?? null),
  }
}

function showWorkflow({ workflow }: AppOverview) {
  return workflow
    ? {
        id: workflow.id,
        created_by: workflow.createdBy,
        created_at: secondsOf(workflow.createdAt),
        updated_by: workflow.updatedBy,
        updated_at: secondsOf(workflow.updatedAt),
      }
    : null
}

export function showSite(platform: Platform, request: FastifyRequest, site: Site) {
  const { title: _, ...shared } = showSiteShort(site)
  const { app_id: __, ...columns } = shared
  return {
    ...columns,
    title: site.title,
    icon_type: site.iconType,
    icon_url: iconUrl(platform, request, site),
    chat_color_theme: site.chatColorTheme,
    chat_color_theme_inverted: site.chatColorThemeInverted,
    app_base_url: platform.settings.addresses.appWeb || originOf(request),
    created_by: site.createdBy,
    created_at: secondsOf(site.createdAt),
    updated_by: site.updatedBy,
    updated_at: secondsOf(site.updatedAt),
  }
}

/** As changing the page answers. */
export function showSiteShort(site: Site) {
  return {
    app_id: site.appId,
    access_token: site.code,
    code: site.code,
    title: site.title,
    icon: site.icon,
    icon_background: site.iconBackground,
    description: site.description,
    default_language: site.defaultLanguage,
    customize_domain: site.customizeDomain,
    copyright: site.copyright,
    privacy_policy: site.privacyPolicy,
    custom_disclaimer: site.customDisclaimer,
    customize_token_strategy: site.customizeTokenStrategy,
    prompt_public: site.promptPublic,
    show_workflow_steps: site.showWorkflowSteps,
    use_icon_as_answer_icon: site.useIconAsAnswerIcon,
  }
}

export function showKey({ id, type, token, lastUsedAt, createdAt }: ApiToken) {
  return { id, type, token, last_used_at: secondsOf(lastUsedAt), created_at: secondsOf(createdAt) }
}

export function apiBaseUrl(platform: Platform, request: FastifyRequest): string {
  return `${(platform.settings.addresses.serviceApi || originOf(request)).replace(/\/$/, '')}/v1`
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function iconUrl(
  platform: Platform,
  request: FastifyRequest,
  { iconType, icon, tenantId }: Pick<App, 'iconType' | 'icon' | 'tenantId'> | Site,
): string | null {
  if (iconType !== 'image' || !icon || !UUID.test(icon)) return null
  return platform.files.links.sign({ kind: 'upload', id: icon, tenantId }, originOf(request))
}

/** Tools that every workspace has. */
const HOUSE_TOOLS = new Set(['audio', 'code', 'time', 'webscraper'])

/** Tools that an agent names and the workspace lacks. */
function deletedTools({ modelConfig }: AppOverview): ValueMap[] {
  const agent = modelConfig?.config.agent_mode
  const tools: Value[] = isValueMap(agent) && Array.isArray(agent.tools) ? agent.tools : []
  return tools
    .filter(isValueMap)
    .filter(tool => Object.keys(tool).length >= 4 && (tool.provider_type === 'builtin' || tool.provider_type === 'api'))
    .filter(tool => !(tool.provider_type === 'builtin' && HOUSE_TOOLS.has(String(tool.provider_id))))
    .map(tool => ({ type: tool.provider_type ?? null, tool_name: tool.tool_name ?? null, provider_id: tool.provider_id ?? null }))
}
