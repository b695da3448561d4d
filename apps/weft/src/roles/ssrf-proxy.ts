import { readSsrfProxySettings, startSsrfProxy } from '@weft/ssrf-proxy'
import type { StandaloneRole } from './role.ts'

export const ssrfProxy: StandaloneRole = {
  name: 'ssrf-proxy',
  summary: 'the way out for sandbox and plugins, which refuses private addresses (SSRF_HTTP_PORT, default 3128)',
  isStandalone: true,
  async start({ variables, logger }) {
    const proxy = await startSsrfProxy(readSsrfProxySettings(variables))
    logger.info({ url: proxy.url, metrics: proxy.metricsUrl }, 'ssrf-proxy ready')
    return proxy
  },
}
