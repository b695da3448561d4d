/**
 * Task ids name a running request, run ids its record; both reach clients. One is the other with its last eight digits
 * flipped, so that neither has to be looked up for the other.
 */
export function taskIdOf(runId: string): string {
  const flipped = (Number.parseInt(runId.slice(-8), 16) ^ 0xffffffff) >>> 0
  return runId.slice(0, -8) + flipped.toString(16).padStart(8, '0')
}

export const runIdOf = taskIdOf
