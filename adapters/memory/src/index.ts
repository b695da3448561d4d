export { MemoryCache, type MemoryCacheOptions } from './memory-cache.ts'
export { MemoryEventBus, type MemoryEventBusOptions } from './memory-event-bus.ts'
