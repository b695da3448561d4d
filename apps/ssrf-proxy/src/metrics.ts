export type Way = 'http' | 'connect'
export type Outcome = 'served' | 'refused' | 'failed' | 'limited'

/** Counts, in Prometheus' text form. */
export class Metrics {
  readonly #requests = new Map<string, number>()
  #sent = 0
  #received = 0
  open = 0

  count(way: Way, outcome: Outcome): void {
    const labels = `way="${way}",outcome="${outcome}"`
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1)
  }

  carried(direction: 'sent' | 'received', bytes: number): void {
    if (direction === 'sent') this.#sent += bytes
    else this.#received += bytes
  }

  print(): string {
    return [
      '# HELP weft_ssrf_proxy_requests_total Requests and tunnels, by how they ended.',
      '# TYPE weft_ssrf_proxy_requests_total counter',
      ...[...this.#requests].map(([labels, count]) => `weft_ssrf_proxy_requests_total{${labels}} ${count}`),
      '# HELP weft_ssrf_proxy_bytes_total Bytes of bodies and tunnels, to and from targets.',
      '# TYPE weft_ssrf_proxy_bytes_total counter',
      `weft_ssrf_proxy_bytes_total{direction="sent"} ${this.#sent}`,
      `weft_ssrf_proxy_bytes_total{direction="received"} ${this.#received}`,
      '# HELP weft_ssrf_proxy_open Requests and tunnels under way.',
      '# TYPE weft_ssrf_proxy_open gauge',
      `weft_ssrf_proxy_open ${this.open}`,
      '',
    ].join('\n')
  }
}
