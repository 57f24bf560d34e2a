// examples.mjs — what must come of each documented example of a request when somebody sends it
// who may, in the order of the description: one example may have taken what another wants, and
// what is printed in the documents names people and tokens that are none here.
export const example_statuses = {
  register_user: { testuser: 201, without_names: 201 },
  token: { as_printed: 401, testuser: 200 },
  refresh: { by_cookie: 200 },

  platform_register: { testuser: 409 },
  platform_login: { testuser: 200 },
  platform_refresh: { by_cookie: 200 },

  login: { as_printed: 401 },
  register_account: { johndoe: 201 },
  request_reset: { as_printed: 200 },
  verify_passphrase: { as_printed: 401 }, // nobody has verified that address
  reset_password: { as_printed: 401 },
  update_profile: { as_printed: 200 },
  change_password: { as_printed: 401 },
  set_recovery_passphrase: { four_words: 401 },
  remove_recovery_passphrase: { removal: 401 },
  update_user: { as_printed: 200 },
  validate_service_token: { as_printed: 200 },
  create_service_token: { as_printed: 400 },

  create_role: { support: 201 },
  update_role: { support: 200 },
  set_user_role: { support: 200 },
  create_api_key: { ci: 201 },
  confirm_verification: { mailed: 401 },

  validate_token: { as_printed: 401 },
  sync_session: { as_printed: 400, without_session_id: 400 },
  sync_user: { as_printed: 200, without_last_sync: 200 },
  revoke_user_sessions: { as_printed: 400 },

  put_subscription: { pro: 200 },
  stripe_webhook: { updated: 200 },
  create_project: { demo: 201 },
  update_project: { renamed: 200 },
  update_platform_profile: { company: 200 },

  take_workflow_status: { in_progress: 404 },
};
