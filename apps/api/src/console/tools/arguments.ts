import { isValueMap, type ValueMap } from '@weft/contracts'
import type { ToolIcon } from '@weft/ports'
import { z } from 'zod'

export const valueMap = () => z.custom<ValueMap>(isValueMap)

/** A sign on a ground. */
export const emojiIcon = () => z.custom<ToolIcon>(isValueMap)

export const labels = () => z.array(z.string()).nullish()

export const requestEnvironment = (headers: Record<string, unknown>) => {
  const value = headers['x-request-env']
  return typeof value === 'string' && value ? value : undefined
}

/** A signal that fires when the client leaves before it has its answer. */
export function leavingSignal(raw: { on(event: 'close', listener: () => void): unknown; writableEnded: boolean }): AbortSignal {
  const controller = new AbortController()
  raw.on('close', () => {
    if (!raw.writableEnded) controller.abort()
  })
  return controller.signal
}
