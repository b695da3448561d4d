import { eventBusSuite } from '@weft/testkit/suites'
import { describe, expect, it, vi } from 'vitest'
import { MemoryEventBus } from './memory-event-bus.ts'

const shared = new MemoryEventBus()
eventBusSuite('memory', async () => shared)

describe('MemoryEventBus', () => {
  it('tells of a listener that throws and still serves the others', async () => {
    const errors: unknown[] = []
    const received: string[] = []
    const bus = new MemoryEventBus({ onError: error => errors.push(error) })
    await bus.subscribe('channel', () => {
      throw new Error('broken listener')
    })
    await bus.subscribe('channel', message => received.push(message))
    await bus.publish('channel', 'hello')
    await vi.waitFor(() => expect(received).toEqual(['hello']))
    expect(errors).toEqual([new Error('broken listener')])
  })
})
