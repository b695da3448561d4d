/** What went wrong, as callers may switch on it. */
export type JinjaErrorCode = 'template-syntax' | 'template-runtime' | 'template-limit'

/** Base of everything a template can fail with. `message` is what Jinja2 on Python says, without the class in front. */
export class JinjaError extends Error {
  readonly code: JinjaErrorCode
  /** The class of the exception Python would raise: `TypeError`, `UndefinedError`, `TemplateSyntaxError`, … */
  readonly pythonClass: string
  constructor(code: JinjaErrorCode, pythonClass: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.pythonClass = pythonClass
  }
}

/** The template cannot be parsed, or names a filter or test that does not exist. */
export class TemplateSyntaxError extends JinjaError {
  /** The template's line, from 1. */
  readonly line: number
  constructor(message: string, line: number, pythonClass: 'TemplateSyntaxError' | 'TemplateAssertionError' = 'TemplateSyntaxError') {
    super('template-syntax', pythonClass, message)
    this.line = line
  }
}

/** The template failed while it was rendered. */
export class TemplateRuntimeError extends JinjaError {
  constructor(pythonClass: string, message: string, options?: ErrorOptions) {
    super('template-runtime', pythonClass, message, options)
  }
}

/** The template asked for more steps, text or depth than it may have. */
export class TemplateLimitError extends JinjaError {
  readonly limit: 'steps' | 'output' | 'depth'
  constructor(limit: 'steps' | 'output' | 'depth', pythonClass: string, message: string) {
    super('template-limit', pythonClass, message)
    this.limit = limit
  }
}

export function typeError(message: string): TemplateRuntimeError {
  return new TemplateRuntimeError('TypeError', message)
}

export function valueError(message: string): TemplateRuntimeError {
  return new TemplateRuntimeError('ValueError', message)
}

/** Whether the error is the Python exception of one of these classes. Limits never are: templates cannot catch them. */
export function isPythonError(error: unknown, ...classes: string[]): error is TemplateRuntimeError {
  return error instanceof TemplateRuntimeError && classes.includes(error.pythonClass)
}
