export type Role = 'owner' | 'admin' | 'editor' | 'normal' | 'dataset_operator'

/** What an action may ask for; each names the least role that has it. */
export type Permission = 'owner' | 'admin' | 'editor' | 'dataset_editor'

const GRANTED: Record<Permission, readonly Role[]> = {
  owner: ['owner'],
  admin: ['owner', 'admin'],
  editor: ['owner', 'admin', 'editor'],
  dataset_editor: ['owner', 'admin', 'editor', 'dataset_operator'],
}

export function hasPermission(role: Role, permission: Permission): boolean {
  return GRANTED[permission].includes(role)
}
