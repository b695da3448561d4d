import { isTruthy } from '@weft/contracts'
import { collectBytes, FileServiceError, type HttpClient, OutboundError, type OutboundResponse, type ToolOutput } from '@weft/ports'
import type { TenantScope } from '../../database/tenant-scope.ts'
import { requestWithRetries } from '../http-retries.ts'
import type { InstalledToolProvider } from '../installed-provider.ts'
import { articleText, readArticle } from './article.ts'
import { declareTool, drawIcon, failed, formParameter, llmParameter, textIn, words } from './declare.ts'

export interface WebscraperParts {
  http: HttpClient
  retries: number
  /** Shortens a text that is too long for the workspace's usual model. @throws Error whose message is for users */
  summarize(scope: TenantScope, text: string, user: string, signal: AbortSignal): Promise<string>
  /** The text of a PDF; undefined where it cannot be had. @throws Error whose message is for users */
  extractText?(bytes: Uint8Array, extension: string, mimeType: string, signal: AbortSignal): Promise<string | undefined>
}

const LARGEST_PAGE = 10 * 1024 * 1024
const LARGEST_DOCUMENT = 50 * 1024 * 1024
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.1000.0 Safari/537.36'
/** Kinds that are read as documents, by the extension that readers know them by. */
const DOCUMENT_TYPES: Record<string, string> = { 'application/pdf': '.pdf', 'text/plain': '.txt', 'application/json': '.json' }

/** The readable text of a web page. */
export function createWebscraperProvider(parts: WebscraperParts): InstalledToolProvider {
  return {
    id: 'webscraper',
    author: 'Dify',
    label: words('WebScraper', '网页抓取', 'WebScraper'),
    description: words(
      'Web Scrapper tool kit is used to scrape web',
      '一个用于抓取网页的工具。',
      'Web Scrapper tool kit is used to scrape web',
    ),
    tags: ['productivity'],
    plugin: null,
    icon: drawIcon('#12B76A', '<circle cx="12" cy="12" r="7"/><path d="M5 12h14M12 5c2.5 2 2.5 12 0 14M12 5c-2.5 2-2.5 12 0 14"/>'),
    credentialsSchema: [],
    oauth: null,
    tools: [
      {
        declaration: declareTool('webscraper', {
          name: 'webscraper',
          author: 'Dify',
          label: words('Web Scraper', '网页爬虫', 'Web Scraper'),
          help: words('A tool for scraping webpages.', '一个用于爬取网页的工具。', 'A tool for scraping webpages.'),
          forModels: 'A tool for scraping webpages. Input should be a URL.',
          parameters: [
            llmParameter(
              'url',
              'string',
              words('URL', '网页链接', 'URL'),
              words('used for linking to webpages', '用于链接到网页', 'used for linking to webpages'),
              { required: true, llm_description: 'url for scraping' },
            ),
            formParameter(
              'user_agent',
              'string',
              words('User Agent', 'User Agent', 'User Agent'),
              words('used for identifying the browser.', '用于识别浏览器。', 'used for identifying the browser.'),
              { default: BROWSER },
            ),
            formParameter(
              'generate_summary',
              'boolean',
              words('Whether to generate summary', '是否生成摘要'),
              words('If true, the crawler will only return the page summary content.', '如果启用，爬虫将仅返回页面摘要内容。'),
              {
                default: 'false',
                options: [
                  { value: 'true', label: words('Yes', '是'), icon: null },
                  { value: 'false', label: words('No', '否'), icon: null },
                ],
              },
            ),
          ],
        }),
        async *invoke({ parameters, scope, caller, signal }): AsyncIterable<ToolOutput> {
          const url = textIn(parameters, 'url')
          if (!url) {
            yield { type: 'text', text: 'Please input url' }
            return
          }
          try {
            const text = await scrape(url, textIn(parameters, 'user_agent') ?? BROWSER, parts, signal)
            const wantsSummary = isTruthy(parameters.generate_summary ?? false) && text !== ''
            yield { type: 'text', text: wantsSummary ? await parts.summarize(scope, text, caller.userId, signal) : text }
          } catch (error) {
            signal.throwIfAborted()
            throw failed(error instanceof Error ? error.message : String(error), error)
          }
        },
      },
    ],
  }
}

async function scrape(url: string, userAgent: string, parts: WebscraperParts, signal: AbortSignal): Promise<string> {
  const ask = (method: 'HEAD' | 'GET', timeouts: { connect: number; read: number }) =>
    requestWithRetries(parts.http, { method, url, headers: [['User-Agent', userAgent]], timeouts, signal }, parts.retries)
  const head = await ask('HEAD', { connect: 5000, read: 10_000 })
  await discard(head)
  // Some servers answer no HEAD, or mistrust it.
  const isTelling = ![403, 405, 501].includes(head.status)
  if (isTelling && head.status !== 200) return `URL returned status code ${head.status}.`
  const told = isTelling ? contentType(head) : undefined
  if (isTelling && !isReadable(told)) return unsupported(told)
  const response = await ask('GET', { connect: 120_000, read: 300_000 })
  if (response.status !== 200) {
    await discard(response)
    return `URL returned status code ${response.status}.`
  }
  const type = contentType(response) ?? told
  if (!isReadable(type)) {
    await discard(response)
    return unsupported(type)
  }
  const extension = DOCUMENT_TYPES[type]
  const bytes = await read(response, extension ? LARGEST_DOCUMENT : LARGEST_PAGE)
  if (!extension) return articleText(readArticle(decoded(bytes, response)))
  if (extension !== '.pdf') return decoded(bytes, response)
  return (await parts.extractText?.(bytes, extension, type, signal)) ?? unsupported(type)
}

const isReadable = (type: string | undefined): type is string => type === 'text/html' || (type !== undefined && type in DOCUMENT_TYPES)

const unsupported = (type: string | undefined) => `Unsupported content-type [${type ?? 'None'}] of URL.`

function headerOf(response: OutboundResponse, name: string): string | undefined {
  return response.headers.find(([header]) => header === name)?.[1]
}

function contentType(response: OutboundResponse): string | undefined {
  return headerOf(response, 'content-type')?.split(';')[0]?.trim().toLowerCase() || undefined
}

async function read(response: OutboundResponse, maxBytes: number): Promise<Uint8Array> {
  try {
    return await collectBytes(response.body, maxBytes)
  } catch (error) {
    if (error instanceof FileServiceError)
      throw new OutboundError('connection-failed', response.url, `The page is larger than ${maxBytes} bytes`)
    throw error
  }
}

async function discard(response: OutboundResponse): Promise<void> {
  await response.body[Symbol.asyncIterator]().return?.()
}

/** By the charset that the answer or the page names; UTF-8 where neither does. */
function decoded(bytes: Uint8Array, response: OutboundResponse): string {
  const start = Buffer.from(bytes.subarray(0, 2048)).toString('latin1')
  const named = /charset=["']?([\w-]+)/i.exec(headerOf(response, 'content-type') ?? '') ?? /<meta[^>]+charset=["']?([\w-]+)/i.exec(start)
  try {
    return new TextDecoder(named?.[1] ?? 'utf-8').decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}
