import type { ErrorCode } from '@weft/core'

/** The HTTP status of every code of the product. */
export const ERROR_STATUS: Record<ErrorCode, number> = {
  invalid_param: 400,
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  not_setup: 401,
  not_init_validated: 401,
  init_validate_failed: 401,
  already_setup: 403,
  authentication_failed: 401,
  email_code_login_limit: 429,
  account_banned: 400,
  account_not_initialized: 400,
  account_already_inited: 400,
  repeat_password_not_match: 400,
  current_password_incorrect: 400,
  account_not_link_tenant: 403,
  workspace_not_found: 400,
  app_not_found: 404,
  draft_workflow_not_exist: 400,
  draft_workflow_not_sync: 400,
}
