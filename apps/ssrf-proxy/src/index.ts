export { readSsrfProxySettings, type SsrfProxySettings, SsrfProxySettingsError } from './settings.ts'
export { type RunningSsrfProxy, startSsrfProxy } from './start-ssrf-proxy.ts'
