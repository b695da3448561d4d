/** Short messages between processes, at most once, in order per channel and sender. Messages are ≤ 4 KB of text. */
export interface EventBus extends AsyncDisposable {
  publish(channel: string, message: string): Promise<void>
  /** Resolves once messages are being received. Gives the way to stop. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>
}
