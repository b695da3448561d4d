import type { Account, Tenant } from '@weft/core'
import { z } from 'zod'
import { secondsOf } from '../http/seconds.ts'

export const success = z.object({ result: z.literal('success') })

export const accountProfile = z.object({
  id: z.string(),
  name: z.string(),
  avatar: z.string().nullable(),
  avatar_url: z.string().nullable(),
  email: z.string(),
  is_password_set: z.boolean(),
  interface_language: z.string(),
  interface_theme: z.string(),
  timezone: z.string(),
  last_login_at: z.int().nullable(),
  last_login_ip: z.string().nullable(),
  created_at: z.int(),
})

export function showAccount(account: Account): z.input<typeof accountProfile> {
  return {
    id: account.id,
    name: account.name,
    avatar: account.avatar,
    avatar_url: null,
    email: account.email,
    is_password_set: account.passwordHash !== null,
    interface_language: account.interfaceLanguage,
    interface_theme: account.interfaceTheme,
    timezone: account.timezone,
    last_login_at: secondsOf(account.lastLoginAt),
    last_login_ip: account.lastLoginIp,
    created_at: secondsOf(account.createdAt),
  }
}

export const workspace = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  status: z.string(),
  created_at: z.int(),
  role: z.string(),
  in_trial: z.null(),
  trial_end_reason: z.null(),
  custom_config: z.unknown().optional(),
})

export function showWorkspace(tenant: Tenant, role: string, canReplaceLogo: boolean): z.input<typeof workspace> {
  const { remove_webapp_brand = false, replace_webapp_logo = null } = tenant.customConfig
  return {
    id: tenant.id,
    name: tenant.name,
    plan: tenant.plan,
    status: tenant.status,
    created_at: secondsOf(tenant.createdAt),
    role,
    in_trial: null,
    trial_end_reason: null,
    ...(canReplaceLogo ? { custom_config: { remove_webapp_brand, replace_webapp_logo } } : {}),
  }
}
