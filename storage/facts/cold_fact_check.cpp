// What facts that are not hot must look like.
#include "storage/facts/fact_checker.hpp"

namespace latchkey::storage {

namespace {

void check_hash(fact_checker& c, std::string_view hash) {
  c.name("secret_hash", hash, secret_hash_chars_max);
}

void check_run_status(fact_checker& c, std::string_view status) {
  c.require(status == "in_progress" || status == "completed" || status == "failed", "status",
            "is none");
}

void check_role(fact_checker& c, const role_record& r) {
  c.name("name", r.name, role_chars_max);
  c.text("description", r.description, role_description_chars_max);
  c.words("permissions", r.permissions);
  c.time("created_at", r.created_at);
  c.time("updated_at", r.updated_at);
}

} // namespace

// -- users ---------------------------------------------------------------------------

void check(fact_checker& c, const update_user& f) {
  const auto& u = f.changes;
  c.id("user", f.user);
  c.text_if_set("username", u.username, username_chars_max);
  c.text_if_set("email", u.email, email_chars_max);
  if (u.username) c.key("username", u.username_key);
  if (u.email) c.key("email", u.email_key);
  c.text_if_set("first_name", u.first_name, first_name_chars_max);
  c.text_if_set("last_name", u.last_name, last_name_chars_max);
  c.text_if_set("full_name", u.full_name, full_name_chars_max);
  c.text_if_set("company", u.company, company_chars_max);
  c.text_if_set("phone", u.phone, phone_chars_max);
  c.text_if_set("avatar_url", u.avatar_url, avatar_url_chars_max);
  if (u.preferences) c.json_object("preferences", *u.preferences, preferences_bytes_max);
  if (u.role) c.name("role", *u.role, role_chars_max);
  c.text_if_set("client_id", u.client_id, client_id_chars_max);
  c.time("synced_at", u.synced_at);
  c.text_if_set("brought_by", u.brought_by, service_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const delete_user& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

// -- recovery ------------------------------------------------------------------------

void check(fact_checker& c, const set_recovery& f) {
  c.id("user", f.user);
  c.name("passphrase_hash", f.passphrase_hash.reveal(), passphrase_hash_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const add_reset_token& f) {
  c.id("id", f.token.id);
  c.id("user", f.token.user);
  check_hash(c, f.token.secret_hash);
  c.time("created_at", f.token.created_at);
  c.time("expires_at", f.token.expires_at);
  c.time("used_at", f.token.used_at);
}

void check(fact_checker& c, const use_reset_token& f) {
  c.id("user", f.user);
  c.text("secret_hash", std::string_view(f.secret_hash), secret_hash_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const count_password_failures& f) {
  c.id("user", f.user);
  c.require(f.count > 0 && f.count <= 1'000'000, "count", "is out of range");
}

void check(fact_checker& c, const forget_password_failures& f) {
  c.id("user", f.user);
}

void check(fact_checker& c, const use_up_reset_tokens& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void check(fact_checker& c, const remove_recovery& f) {
  c.id("user", f.user);
}

void check(fact_checker& c, const mark_used& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

// -- mail ----------------------------------------------------------------------------

void check(fact_checker& c, const add_mail& f) {
  const auto& m = f.mail;
  c.id("id", m.id);
  c.name("kind", m.kind, mail_kind_chars_max);
  c.name("recipient", m.recipient, recipient_chars_max);
  c.text("sealed", m.sealed, sealed_bytes_max);
  c.time("created_at", m.created_at);
  c.time("next_attempt_at", m.next_attempt_at);
  c.time("sent_at", m.sent_at);
  c.time("given_up_at", m.given_up_at);
}

void check(fact_checker& c, const drop_mails_to& f) {
  c.name("recipient", f.recipient, recipient_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const lease_mail& f) {
  c.id("mail", f.mail);
  c.time("seen", f.seen);
  c.time("until", f.until);
}

void check(fact_checker& c, const settle_mail& f) {
  c.id("mail", f.mail);
  c.time("at", f.at);
  c.time("next_attempt_at", f.next_attempt_at);
}

// -- roles ---------------------------------------------------------------------------

void check(fact_checker& c, const add_role& f) {
  check_role(c, f.role);
}
void check(fact_checker& c, const update_role& f) {
  check_role(c, f.role);
}
void check(fact_checker& c, const remove_role& f) {
  c.name("name", f.name, role_chars_max);
}

// -- keys ----------------------------------------------------------------------------

void check(fact_checker& c, const add_api_key& f) {
  const auto& k = f.key;
  c.id("id", k.id);
  c.id("user", k.user);
  c.text("name", k.name, key_name_chars_max);
  c.text("prefix", k.prefix, key_prefix_chars_max);
  check_hash(c, k.secret_hash);
  c.words("scopes", k.scopes);
  c.time("created_at", k.created_at);
  c.time("expires_at", k.expires_at);
  c.time("last_used_at", k.last_used_at);
  c.time("revoked_at", k.revoked_at);
}

void check(fact_checker& c, const revoke_api_key& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}
void check(fact_checker& c, const revoke_api_keys_of& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}
void check(fact_checker& c, const touch_api_key& f) {
  c.time("at", f.at);
}

void check(fact_checker& c, const put_service& f) {
  c.name("id", f.service.id, service_chars_max);
  c.words("scopes", f.service.scopes);
  c.time("created_at", f.service.created_at);
  c.time("updated_at", f.service.updated_at);
}

void check(fact_checker& c, const add_service_key& f) {
  const auto& k = f.key;
  c.id("id", k.id);
  c.name("service", k.service, service_chars_max);
  c.text("prefix", k.prefix, key_prefix_chars_max);
  check_hash(c, k.key_hash);
  c.time("created_at", k.created_at);
  c.time("last_used_at", k.last_used_at);
  c.time("revoked_at", k.revoked_at);
}

void check(fact_checker& c, const revoke_service_key& f) {
  c.id("id", f.id);
  c.time("at", f.at);
}
void check(fact_checker& c, const touch_service_key& f) {
  c.id("id", f.id);
  c.time("at", f.at);
}

// -- subscriptions and projects --------------------------------------------------------

void check_subscription(fact_checker& c, const subscription_record& s) {
  c.id("user", s.user);
  c.name("tier", s.tier, tier_chars_max);
  c.name("status", s.status, subscription_status_chars_max);
  c.text("payment_method", s.payment_method, payment_method_chars_max);
  c.text("stripe_customer_id", s.stripe_customer_id, stripe_id_chars_max);
  c.text("stripe_subscription_id", s.stripe_subscription_id, stripe_id_chars_max);
  c.time("start_date", s.start_date);
  c.time("end_date", s.end_date);
  c.time("trial_ends_at", s.trial_ends_at);
  c.time("cancelled_at", s.cancelled_at);
  c.time("stripe_event_at", s.stripe_event_at);
  c.time("created_at", s.created_at);
  c.time("updated_at", s.updated_at);
}

void check(fact_checker& c, const put_subscription& f) {
  c.id("id", f.subscription.id);
  check_subscription(c, f.subscription);
}

void check(fact_checker& c, const put_stripe_subscription& f) {
  const auto& s = f.subscription;
  c.require(!s.stripe_subscription_id.empty(), "stripe_subscription_id", "is empty");
  c.require(s.stripe_event_at.has_value(), "stripe_event_at", "is missing");
  check_subscription(c, s);
}

void check(fact_checker& c, const add_stripe_event& f) {
  c.name("id", f.id, stripe_id_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const spend_quota& f) {
  // Sums of two such amounts cannot overflow.
  constexpr auto most = std::int64_t{1} << 52;
  c.id("user", f.user);
  c.name("quota", f.quota, quota_chars_max);
  c.require(f.amount >= -most && f.amount <= most, "amount", "is out of range");
  c.require(!f.limit || (*f.limit >= 0 && *f.limit <= most), "limit", "is out of range");
  c.time("window_start", f.window_start);
  c.time("at", f.at);
}

void check(fact_checker& c, const add_project& f) {
  const auto& p = f.project;
  c.id("id", p.id);
  c.text("client_id", p.client_id, client_id_chars_max);
  c.text("name", p.name, project_name_chars_max);
  c.text("description", p.description, project_description_chars_max);
  c.time("created_at", p.created_at);
  c.time("updated_at", p.updated_at);
  c.id("owner", p.owner);
}
void check(fact_checker& c, const update_project& f) {
  c.id("id", f.project);
  c.text_if_set("name", f.name, project_name_chars_max);
  c.text_if_set("description", f.description, project_description_chars_max);
  c.time("updated_at", f.at);
}
void check(fact_checker& c, const remove_project& f) {
  c.id("project", f.project);
}

// -- sessions of other services ----------------------------------------------------------

void check(fact_checker& c, const upsert_session& f) {
  check(c, f.session);
}

void check(fact_checker& c, const touch_session& f) {
  c.id("session", f.session);
  c.time("at", f.at);
}

// -- what is over --------------------------------------------------------------------------

void check(fact_checker& c, const forget_sessions& f) {
  c.time("before", f.before);
}
void check(fact_checker& c, const forget_audits& f) {
  c.time("before", f.before);
}

// -- workflows -----------------------------------------------------------------------------

void check(fact_checker& c, const add_workflow& f) {
  const auto& w = f.workflow;
  c.id("id", w.id);
  c.id("user", w.user);
  c.name("message_id", w.message_id, workflow_message_id_chars_max);
  c.name("workflow_type", w.workflow_type, workflow_name_chars_max);
  c.text("agent_instance_id", w.agent_instance_id, workflow_name_chars_max);
  c.text("project_id", w.project_id, workflow_name_chars_max);
  c.json_object("parameters", w.parameters, workflow_parameters_bytes_max);
  check_run_status(c, w.status);
  c.require(w.last_seq == 0 && w.last_position == 0, "last_seq", "is not 0");
  c.require(!w.ended_at, "ended_at", "has ended before it began");
  c.time("created_at", w.created_at);
}

void check(fact_checker& c, const add_workflow_status& f) {
  constexpr auto most = std::int64_t{1} << 52;
  c.id("workflow", f.workflow);
  c.require(f.seq >= 1 && f.seq <= most, "seq", "is out of range");
  c.require(f.position >= 0 && f.position <= most, "position", "is out of range");
  c.require(!f.body.empty(), "body", "is empty");
  c.json_object("body", f.body, workflow_status_bytes_max);
  check_run_status(c, f.status);
  c.time("at", f.at);
}

void check(fact_checker& c, const forget_workflows& f) {
  c.time("before", f.before);
}

} // namespace latchkey::storage
