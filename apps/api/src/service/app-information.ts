import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { authorNameOf, DomainError, siteOf, type Workflow } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { values } from './shapes.ts'

const switchable = z.looseObject({ enabled: z.boolean() })

const parameters = defineRoute({
  method: 'GET',
  path: '/parameters',
  auth: 'app',
  summary: "The app's form, features and limits",
  response: z.object({
    opening_statement: z.string().nullable(),
    suggested_questions: z.array(z.string()),
    suggested_questions_after_answer: switchable,
    speech_to_text: switchable,
    text_to_speech: switchable,
    retriever_resource: switchable,
    annotation_reply: switchable,
    more_like_this: switchable,
    user_input_form: z.array(z.record(z.string(), values)).meta({ description: 'Fields, each under its type: `{"text-input": {…}}`' }),
    sensitive_word_avoidance: switchable,
    file_upload: values,
    system_parameters: z.object({
      image_file_size_limit: z.number(),
      video_file_size_limit: z.number(),
      audio_file_size_limit: z.number(),
      file_size_limit: z.number(),
      workflow_file_upload_limit: z.number(),
    }),
  }),
  async handler({ platform, scope, app }) {
    if (app.mode !== 'workflow' && app.mode !== 'advanced-chat') throw new DomainError('app_unavailable')
    if (!app.workflowId) throw new DomainError('app_unavailable')
    return showParameters(platform, await platform.workflows.store.published(scope, app))
  },
})

const MEGABYTE = 1024 * 1024

export function showParameters(platform: Platform, workflow: Workflow) {
  const { features } = workflow
  const feature = (name: string, fallback: ValueMap = { enabled: false }): Value => (isValueMap(features[name]) ? features[name] : fallback)
  const { sizeLimits, workflowBatchLimit } = platform.settings.files
  return {
    opening_statement: features.opening_statement ?? null,
    suggested_questions: features.suggested_questions ?? [],
    suggested_questions_after_answer: feature('suggested_questions_after_answer'),
    speech_to_text: feature('speech_to_text'),
    text_to_speech: feature('text_to_speech'),
    retriever_resource: feature('retriever_resource'),
    annotation_reply: { enabled: false },
    more_like_this: feature('more_like_this'),
    user_input_form: inputForm(workflow),
    sensitive_word_avoidance: feature('sensitive_word_avoidance'),
    file_upload: feature('file_upload', {}),
    system_parameters: {
      image_file_size_limit: sizeLimits.image / MEGABYTE,
      video_file_size_limit: sizeLimits.video / MEGABYTE,
      audio_file_size_limit: sizeLimits.audio / MEGABYTE,
      file_size_limit: sizeLimits.document / MEGABYTE,
      workflow_file_upload_limit: workflowBatchLimit,
    },
  }
}

/** The start node's variables in the form's old shape: `{"text-input": {…}}`, each as the DSL has it. */
function inputForm(workflow: Workflow): Value[] {
  const nodes = Array.isArray(workflow.graph.nodes) ? workflow.graph.nodes : []
  const start = nodes.find(node => isValueMap(node) && isValueMap(node.data) && node.data.type === 'start')
  const variables = isValueMap(start) && isValueMap(start.data) && Array.isArray(start.data.variables) ? start.data.variables : []
  return variables.filter(isValueMap).map(variable => ({ [String(variable.type)]: variable }))
}

const information = defineRoute({
  method: 'GET',
  path: '/info',
  auth: 'app',
  summary: 'What the app is called and does',
  response: z.object({
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    mode: z.string(),
    author_name: z.string().nullable(),
  }),
  async handler({ platform, scope, app }) {
    const authorName = await authorNameOf(platform.database, app)
    const tags = await platform.tags.namesOf(scope, app.id)
    return { name: app.name, description: app.description, tags, mode: app.mode, author_name: authorName }
  },
})

const meta = defineRoute({
  method: 'GET',
  path: '/meta',
  auth: 'app',
  summary: "The icons of the app's tools",
  response: z.object({
    tool_icons: z.record(z.string(), z.union([z.string(), z.object({ background: z.string(), content: z.string() })])),
  }),
  handler: () => ({ tool_icons: {} }),
})

const site = defineRoute({
  method: 'GET',
  path: '/site',
  auth: 'app',
  summary: 'How the app shows itself on the web',
  response: z.object({
    title: z.string(),
    chat_color_theme: z.string().nullable(),
    chat_color_theme_inverted: z.boolean(),
    icon_type: z.string().nullable(),
    icon: z.string().nullable(),
    icon_background: z.string().nullable(),
    icon_url: z.string().nullable(),
    description: z.string().nullable(),
    copyright: z.string().nullable(),
    privacy_policy: z.string().nullable(),
    custom_disclaimer: z.string().nullable(),
    default_language: z.string(),
    prompt_public: z.boolean(),
    show_workflow_steps: z.boolean(),
    use_icon_as_answer_icon: z.boolean(),
  }),
  async handler({ platform, scope, app }) {
    const found = await siteOf(platform.database, scope, app.id)
    if (!found) throw new DomainError('forbidden')
    return {
      title: found.title,
      chat_color_theme: found.chatColorTheme,
      chat_color_theme_inverted: found.chatColorThemeInverted,
      icon_type: found.iconType,
      icon: found.icon,
      icon_background: found.iconBackground,
      icon_url: null,
      description: found.description,
      copyright: found.copyright,
      privacy_policy: found.privacyPolicy,
      custom_disclaimer: found.customDisclaimer,
      default_language: found.defaultLanguage,
      prompt_public: found.promptPublic,
      show_workflow_steps: found.showWorkflowSteps,
      use_icon_as_answer_icon: found.useIconAsAnswerIcon,
    }
  },
})

export const appInformationRoutes = [parameters, information, meta, site]
