import { CodeRunError, type CodeRunner, type ToolOutput } from '@weft/ports'
import type { InstalledToolProvider } from '../installed-provider.ts'
import { declareTool, drawIcon, failed, llmParameter, refused, textIn, words } from './declare.ts'

/** Whole programs, run where they can reach nothing. What they print is what they give. */
export function createCodeProvider({ codeRunner }: { codeRunner: CodeRunner }): InstalledToolProvider {
  const label = words('Code Interpreter', '代码解释器', 'Interpretador de Código')
  return {
    id: 'code',
    author: 'Dify',
    label,
    description: words(
      'Run a piece of code and get the result back.',
      '运行一段代码并返回结果。',
      'Execute um trecho de código e obtenha o resultado de volta.',
    ),
    tags: ['productivity'],
    plugin: null,
    icon: drawIcon('#2E90FA', '<path d="M9 8l-4 4 4 4M15 8l4 4-4 4"/>'),
    credentialsSchema: [],
    oauth: null,
    tools: [
      {
        declaration: declareTool('code', {
          name: 'simple_code',
          author: 'Dify',
          label,
          help: words(
            "Run code and get the result back. When you're using a lower quality model, please make sure there are some tips help LLM to understand how to write the code.",
            '运行一段代码并返回结果。当您使用较低质量的模型时，请确保有一些提示帮助 LLM 理解如何编写代码。',
            'Execute um trecho de código e obtenha o resultado de volta. quando você estiver usando um modelo de qualidade inferior, certifique-se de que existam algumas dicas para ajudar o LLM a entender como escrever o código.',
          ),
          forModels:
            'A tool for running code and getting the result back. Only native packages are allowed, network/IO operations are disabled. and you must use print() or console.log() to output the result or result will be empty.',
          parameters: [
            llmParameter(
              'language',
              'string',
              words('Language', '语言', 'Idioma'),
              words('The programming language of the code', '代码的编程语言', 'A linguagem de programação do código'),
              {
                required: true,
                llm_description: 'language of the code, only "python3" and "javascript" are supported',
                options: [
                  { value: 'python3', label: words('Python3', 'Python3', 'Python3'), icon: null },
                  { value: 'javascript', label: words('JavaScript', 'JavaScript', 'JavaScript'), icon: null },
                ],
              },
            ),
            llmParameter(
              'code',
              'string',
              words('Code', '代码', 'Código'),
              words('The code to be executed', '要执行的代码', 'O código a ser executado'),
              {
                required: true,
                llm_description: 'code to be executed, only native packages are allowed, network/IO operations are disabled.',
              },
            ),
          ],
        }),
        async *invoke({ parameters, scope, signal }): AsyncIterable<ToolOutput> {
          const language = parameters.language ?? 'python3'
          if (language !== 'python3' && language !== 'javascript') {
            throw refused(`Only python3 and javascript are supported, not ${String(language)}`)
          }
          const code = asModule(language, textIn(parameters, 'code') ?? '')
          try {
            const { stdout } = await codeRunner.run({ language, code, inputs: {}, tenantId: scope.tenantId, signal })
            yield { type: 'text', text: stdout }
          } catch (error) {
            if (error instanceof CodeRunError) throw failed(error.message, error)
            throw error
          }
        },
      },
    ],
  }
}

/** The program with a `main` that has nothing left to do. */
function asModule(language: 'python3' | 'javascript', code: string): string {
  if (language === 'python3') return `${code}\n\ndef main():\n    return {}\n`
  return `function main() {\n(function () {\n${code}\n})()\nreturn {}\n}`
}
