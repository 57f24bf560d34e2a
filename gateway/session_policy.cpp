#include "gateway/session_policy.hpp"

namespace latchkey::gateway {

session_policy session_policy_of(const settings& set) {
  session_policy policy;
  policy.access_ttl = std::chrono::seconds{set.access_token_ttl_s};
  policy.session_ttl = std::chrono::seconds{set.session_ttl_s};
  policy.session_idle_ttl = std::chrono::seconds{set.session_idle_ttl_s};
  policy.session_history = std::chrono::seconds{set.session_history_s};
  policy.audit_history = std::chrono::seconds{set.audit_history_s};
  policy.workflow_history = std::chrono::seconds{set.workflow_history_s};
  policy.workflow_lost_after = std::chrono::seconds{set.workflow_lost_after_s};
  policy.refresh_grace = std::chrono::seconds{set.refresh_grace_s};
  policy.refresh_unseen_max = std::chrono::seconds{set.refresh_unseen_max_s};
  policy.internal_deadline = std::chrono::seconds{set.request_timeout_s};
  policy.reset_token_ttl = std::chrono::seconds{set.reset_token_ttl_s};
  policy.email_token_ttl = std::chrono::seconds{set.email_verification_ttl_s};
  policy.verification = set.verification;
  // Guesses at a passphrase are worth no more than guesses at a password.
  policy.login_failures = policy.recovery_failures = set.login_failure_limit;
  policy.login_failures_in_a_row_max = set.login_failures_in_a_row_max;
  policy.reset_mails = set.reset_mail_limit;
  policy.password_length_min = set.password_length_min;
  policy.password_length_min_alone = set.password_length_min_alone();
  policy.recent_sign_in = std::chrono::seconds{set.recent_sign_in_s};
  policy.factors.is_required_of_all = set.second_factor_required;
  policy.factors.roles = set.second_factor_roles;
  policy.factors.permissions = permission_set{set.second_factor_permissions};
  policy.factors.grace = std::chrono::seconds{set.second_factor_grace_s};
  return policy;
}

} // namespace latchkey::gateway
