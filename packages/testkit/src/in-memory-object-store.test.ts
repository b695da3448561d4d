import { createInMemoryObjectStore } from './in-memory-object-store.ts'
import { objectStoreSuite } from './object-store-suite.ts'

objectStoreSuite('memory', async () => createInMemoryObjectStore())
