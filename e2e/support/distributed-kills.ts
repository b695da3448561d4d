import type { KillOptions, KillResult } from './embedded-kills.ts'
export async function playDistributed(_options: KillOptions): Promise<KillResult> {
  throw new Error('to come')
}
