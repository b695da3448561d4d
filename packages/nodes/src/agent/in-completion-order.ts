/** The results of work that runs at the same time, each as soon as it is there. */
export async function* inCompletionOrder<Result>(work: readonly Promise<Result>[]): AsyncGenerator<{ index: number; result: Result }> {
  const waiting = new Map(work.map((promise, index) => [index, promise.then(result => ({ index, result }))]))
  // What fails while another is awaited is met when its turn comes.
  for (const promise of waiting.values()) promise.catch(() => {})
  while (waiting.size) {
    const done = await Promise.race(waiting.values())
    waiting.delete(done.index)
    yield done
  }
}
