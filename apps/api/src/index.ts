export { API_VERSION, createApiServer } from './server.ts'
