export { startBeat } from './beat.ts'
export { startWorker } from './worker.ts'
