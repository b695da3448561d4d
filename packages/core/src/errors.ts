/**
 * What can go wrong by the product's rules: a stable code, as the APIs spell it, and what it says unless the thrower is more exact.
 * A feature adds its codes here; the compiler then asks `apps/api` for the status of each.
 */
export const ERROR_MESSAGES = {
  // Of any feature
  invalid_param: 'Invalid parameter.',
  bad_request: 'The browser (or proxy) sent a request that this server could not understand.',
  unauthorized: 'Unauthorized.',
  forbidden: "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.",
  not_found: 'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  // First run
  not_setup: 'Weft has not been set up yet. Please proceed with the initialization and installation process first.',
  not_init_validated: 'Init validation has not been completed yet. Please proceed with the init validation process first.',
  init_validate_failed: 'Init validation failed. Please check the password and try again.',
  already_setup: 'Weft has been successfully installed. Please refresh the page or return to the dashboard homepage.',
  // Accounts
  authentication_failed: 'Invalid email or password.',
  email_code_login_limit: 'Too many incorrect password attempts. Please try again later.',
  account_banned: 'Account is banned.',
  account_not_initialized: 'The account has not been initialized yet. Please proceed with the initialization process first.',
  account_already_inited: 'The account has been initialized. Please refresh the page.',
  repeat_password_not_match: 'New password and repeat password does not match.',
  current_password_incorrect: 'Current password is incorrect.',
  // Running apps
  app_unavailable: 'App unavailable, please check your app configurations.',
  not_chat_app: 'Please check if your app mode matches the right API route.',
  not_completion_app: 'Please check if your Completion app mode matches the right API route.',
  not_workflow_app: 'Please check if your app mode matches the right API route.',
  // Workspaces
  account_not_link_tenant: 'Account not link tenant.',
  workspace_not_found: 'workspace not found, please contact system admin to invite you to join in a workspace',
  // Apps
  app_not_found: 'App not found.',
  max_keys_exceeded: 'Cannot create more than 10 API keys for this resource type.',
  draft_workflow_not_exist: 'Draft workflow need to be initialized.',
  draft_workflow_not_sync: 'Workflow graph might have been modified, please refresh and resubmit.',
  // Files
  no_file_uploaded: 'Please upload your file.',
  too_many_files: 'Only one file is allowed.',
  filename_not_exists_error: 'The specified filename does not exist.',
  // The braces have never been filled in; clients know the text so.
  file_too_large: 'File size exceeded. {message}',
  unsupported_file_type: 'File type not allowed.',
  file_not_found: 'The requested file was not found.',
  file_access_denied: 'Access to the requested file is denied.',
} as const

export type ErrorCode = keyof typeof ERROR_MESSAGES

/** A rule of the product says no. Its message is for the caller to read. */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly facts: Record<string, unknown>
  constructor(code: ErrorCode, message: string = ERROR_MESSAGES[code], options?: ErrorOptions & { facts?: Record<string, unknown> }) {
    super(message, options)
    this.name = 'DomainError'
    this.code = code
    this.facts = options?.facts ?? {}
  }
}
