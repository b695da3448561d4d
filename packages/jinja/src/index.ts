export type { Limits } from './budget.ts'
export { DEFAULT_LIMITS } from './budget.ts'
export {
  JinjaError,
  type JinjaErrorCode,
  TemplateLimitError,
  TemplateRuntimeError,
  TemplateSyntaxError,
} from './errors.ts'
export { parseTemplate, renderTemplate, type Template } from './render.ts'
