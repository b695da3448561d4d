import { ModelError } from '@weft/ports'
import { createInMemoryCache } from '@weft/testkit'
import { describe, expect, it } from 'vitest'
import { createLoadBalancer, type LoadBalancer, type Turn } from './load-balancer.ts'

const list: Turn[] = ['a', 'b', 'c'].map(id => ({ id, credentials: {} }))
const [a, b] = list as [Turn, Turn]
const order = async (balancer: LoadBalancer) => (await Array.fromAsync(balancer.turns('model', list))).map(({ id }) => id).join('')

describe('a load balancer', () => {
  it('begins with the next credentials at each call, and offers the others after them', async () => {
    const balancer = createLoadBalancer()
    expect([await order(balancer), await order(balancer), await order(balancer), await order(balancer)]).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ])
  })

  it('leaves out those that rest, and takes them back when their time is up', async () => {
    let time = 0
    const balancer = createLoadBalancer({ now: () => time })
    expect(await balancer.rest(b, new ModelError('rate-limited', 'slow down'))).toBe(true)
    expect(await balancer.rest(a, new ModelError('server-unavailable', 'oh'))).toBe(true)
    expect([await balancer.secondsLeft('a'), await balancer.secondsLeft('b'), await balancer.secondsLeft('c')]).toEqual([10, 60, 0])
    expect(await order(balancer)).toBe('c')
    time = 11_000
    expect(await order(balancer)).toBe('ca')
    time = 61_000
    expect(await order(balancer)).toBe('cab')
  })

  it('lets credentials rest as long as the vendor asks', async () => {
    const balancer = createLoadBalancer({ now: () => 0 })
    await balancer.rest(a, new ModelError('rate-limited', 'slow down', { retryAfter: 90_000 }))
    expect(await balancer.secondsLeft('a')).toBe(90)
  })

  it('blames no credentials for a request that is at fault', async () => {
    const balancer = createLoadBalancer()
    for (const failure of [new ModelError('bad-request', 'x'), new ModelError('context-length-exceeded', 'x'), new TypeError('ours')])
      expect(await balancer.rest(a, failure)).toBe(false)
    expect(await order(balancer)).toBe('abc')
  })

  it('shares turns and rests with other processes', async () => {
    await using cache = createInMemoryCache()
    const [here, there] = [createLoadBalancer({ cache }), createLoadBalancer({ cache })]
    await here.rest(b, new ModelError('credentials-invalid', 'x'))
    expect([await order(here), await order(there)]).toEqual(['ac', 'ca'])
  })
})
