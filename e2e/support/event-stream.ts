/** An event of a stream as it came. */
export interface StreamEvent {
  id: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  data: Record<string, any> & { event: string }
}

/** The events of a `text/event-stream` answer. Throws where the connection breaks; half an event is dropped. */
export async function* readEvents(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of response.body) {
    rest += decoder.decode(bytes as Uint8Array, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const data = lines
        .filter(line => line.startsWith('data: '))
        .map(line => line.slice(6))
        .join('\n')
      const id = lines.find(line => line.startsWith('id: '))?.slice(4)
      if (data) yield { id, data: JSON.parse(data) }
    }
  }
  if (rest.trim()) throw new HalfEventError(rest)
}

/** A stream ended within an event. */
export class HalfEventError extends Error {
  readonly code = 'half-event'
  constructor(rest: string) {
    super(`the stream ended within an event: ${rest.slice(0, 100)}`)
    this.name = 'HalfEventError'
  }
}

/** Where an event stands in its stream, to compare: `12` is `[12, 0]`, `11-2` is `[11, 2]`. */
export function positionOf(id: string): [number, number] {
  const [number, part] = id.split('-')
  return [Number(number), Number(part ?? 0)]
}

export function isAfter(left: string, right: string): boolean {
  const [a, b] = [positionOf(left), positionOf(right)]
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
}
