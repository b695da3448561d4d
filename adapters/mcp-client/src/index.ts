export { createMcpAuthorization } from './mcp-authorization.ts'
export { createMcpClient, type McpClientOptions } from './mcp-client.ts'
