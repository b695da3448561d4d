import { setTimeout as sleep } from 'node:timers/promises'
import type { EventBus } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** What every event bus does. `connect` gives a connection of its own to one and the same bus, as another process would have. */
export function eventBusSuite(name: string, connect: () => Promise<EventBus>) {
  describe(`${name} as an event bus`, () => {
    let here: EventBus
    let there: EventBus
    beforeAll(async () => {
      here = await connect()
      there = await connect()
    })
    afterAll(async () => {
      await here?.[Symbol.asyncDispose]()
      await there?.[Symbol.asyncDispose]()
    })

    it('carries a message to the other process and to its own', async () => {
      const received: string[] = []
      const stops = [
        await here.subscribe('greetings', message => received.push(`here ${message}`)),
        await there.subscribe('greetings', message => received.push(`there ${message}`)),
      ]
      await here.publish('greetings', 'hello')
      await vi.waitFor(() => expect(received.toSorted()).toEqual(['here hello', 'there hello']))
      for (const stop of stops) await stop()
    })

    it('receives from the moment that subscribe resolves', async () => {
      for (let round = 0; round < 10; round++) {
        const received: string[] = []
        const stop = await there.subscribe(`prompt:${round}`, message => received.push(message))
        await here.publish(`prompt:${round}`, 'now')
        await vi.waitFor(() => expect(received).toEqual(['now']))
        await stop()
      }
    })

    it('keeps the order of a sender, and repeated messages', async () => {
      const received: string[] = []
      const sent = Array.from({ length: 500 }, (_, index) => `message ${Math.floor(index / 2)}`)
      const stop = await there.subscribe('ordered', message => received.push(message))
      await Promise.all(sent.map(message => here.publish('ordered', message)))
      await vi.waitFor(() => expect(received).toHaveLength(sent.length), 10_000)
      expect(received).toEqual(sent)
      await stop()
    })

    it('carries 4 KB of any text unchanged', async () => {
      const received: string[] = []
      const messages = ['', 'žluťoučký kůň 🧵 \'"\\\n\t', 'x'.repeat(4096), '🧵'.repeat(1024)]
      const stop = await there.subscribe('texts', message => received.push(message))
      for (const message of messages) await here.publish('texts', message)
      await vi.waitFor(() => expect(received).toEqual(messages))
      await stop()
    })

    it('keeps channels apart, whatever their names', async () => {
      const channels = ['run:1', 'run:1:', 'RUN:1', 'run"1', "run'1", `run:${'1'.repeat(200)}`, `run:${'1'.repeat(201)}`, 'běh 🧵']
      const received: string[] = []
      const stops = await Promise.all(channels.map(channel => there.subscribe(channel, message => received.push(`${channel} ${message}`))))
      for (const channel of channels) await here.publish(channel, `to ${channel}`)
      await vi.waitFor(() => expect(received).toHaveLength(channels.length))
      expect(received.toSorted()).toEqual(channels.map(channel => `${channel} to ${channel}`).toSorted())
      for (const stop of stops) await stop()
    })

    it('stops one listener and leaves the others of the channel', async () => {
      const first: string[] = []
      const second: string[] = []
      const stopFirst = await there.subscribe('shared', message => first.push(message))
      const stopSecond = await there.subscribe('shared', message => second.push(message))
      await stopFirst()
      await stopFirst()
      await here.publish('shared', 'one')
      await vi.waitFor(() => expect(second).toEqual(['one']))
      await stopSecond()
      await here.publish('shared', 'two')
      await sleep(150)
      expect([first, second]).toEqual([[], ['one']])
    })

    it('hears again after stopping and subscribing at once', async () => {
      const received: string[] = []
      const stop = await there.subscribe('again', () => {})
      const stopping = stop()
      const stopAgain = await there.subscribe('again', message => received.push(message))
      await stopping
      await here.publish('again', 'still here')
      await vi.waitFor(() => expect(received).toEqual(['still here']))
      await stopAgain()
    })

    it('loses a message nobody listens to, without an error', async () => {
      await here.publish('nobody', 'is there')
    })
  })
}
