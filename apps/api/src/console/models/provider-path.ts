import { z } from 'zod'

const part = () => z.string().min(1).max(255)

/** A provider in a path: `organization/plugin/provider`, whose short form is the last part alone. */
export const PROVIDER_PATHS = ['/:organization/:plugin/:name', '/:name'] as const

export const providerParams = z.object({ organization: part().optional(), plugin: part().optional(), name: part() })

export function providerIdOf({ organization, plugin, name }: z.output<typeof providerParams>): string {
  return organization && plugin ? `${organization}/${plugin}/${name}` : name
}
