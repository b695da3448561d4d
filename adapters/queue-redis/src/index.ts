export { BullQueue, type BullQueueOptions } from './bull-queue.ts'
