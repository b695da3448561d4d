import { pythonStringRepr } from '@weft/contracts'

/** The DSL that this version writes and fully reads. */
export const CURRENT_DSL_VERSION = '0.4.0'

export type ImportStatus = 'completed' | 'completed-with-warnings' | 'pending' | 'failed'

/** The text is no version by PEP 440. */
export class InvalidVersionError extends Error {
  readonly code = 'invalid-version'
  constructor(text: string) {
    super(`Invalid version: ${pythonStringRepr(text)}`)
    this.name = 'InvalidVersionError'
  }
}

/** How a file of that version goes in: newer and much older ones wait for a person's word. @throws InvalidVersionError */
export function statusOfVersion(version: string): ImportStatus {
  const [current, imported] = [parseVersion(CURRENT_DSL_VERSION), parseVersion(version)]
  if (compareVersions(imported, current) > 0 || part(imported, 0) < part(current, 0)) return 'pending'
  return part(imported, 1) < part(current, 1) ? 'completed-with-warnings' : 'completed'
}

export function isVersionUpTo(version: string, limit: string): boolean {
  return compareVersions(parseVersion(version), parseVersion(limit)) <= 0
}

interface Version {
  epoch: number
  release: number[]
  /** Pre-release, post-release, development release and local part, each as numbers that compare. */
  rest: number[]
}

const PATTERN =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\s*$/i
const PRE_RELEASES: Record<string, number> = { alpha: 0, a: 0, beta: 1, b: 1 }

function parseVersion(text: string): Version {
  const match = PATTERN.exec(text)
  if (!match) throw new InvalidVersionError(text)
  const [, epoch, release = '', pre, preNumber, implicitPost, post, postNumber, dev, devNumber, local] = match
  const hasPost = implicitPost !== undefined || post !== undefined
  const isOnlyDev = dev !== undefined && !hasPost && pre === undefined
  const preRank = pre ? (PRE_RELEASES[pre.toLowerCase()] ?? 2) : isOnlyDev ? -1 : 3
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    rest: [
      preRank,
      Number(preNumber || 0),
      hasPost ? Number(implicitPost ?? (postNumber || 0)) : -1,
      dev === undefined ? Number.POSITIVE_INFINITY : Number(devNumber || 0),
      local ? 1 : 0,
    ],
  }
}

const part = (version: Version, index: number) => version.release[index] ?? 0

function compareVersions(left: Version, right: Version): number {
  const length = Math.max(left.release.length, right.release.length)
  const numbers = ({ epoch, rest }: Version, version: Version) => [
    epoch,
    ...Array.from({ length }, (_, index) => part(version, index)),
    ...rest,
  ]
  const [a, b] = [numbers(left, left), numbers(right, right)]
  const index = a.findIndex((number, at) => number !== b[at])
  return index < 0 ? 0 : (a[index] as number) < (b[index] as number) ? -1 : 1
}
