#include "storage/migrations/schema_v2_registry.hpp"

namespace latchkey::storage {

namespace {

// Permissions and scopes are words with one space between each two. Built-in roles are no rows.
constexpr std::string_view roles = R"(
CREATE TABLE roles (
    name VARCHAR(50) {key} PRIMARY KEY,
    description VARCHAR(1000) NOT NULL,
    permissions TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
))";

// Removing a role asks whether a user has it. Most users have the role that every
// user gets, which nobody removes.
constexpr std::string_view users_of_role = R"(
CREATE INDEX users_of_role ON users (role) WHERE role <> 'user')";

constexpr std::string_view api_keys = R"(
CREATE TABLE api_keys (
    id BIGINT PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL,
    prefix VARCHAR(64) NOT NULL,
    secret_hash VARCHAR(64) {key} NOT NULL,
    scopes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
) {hot})";

constexpr std::string_view api_keys_of = R"(
CREATE INDEX api_keys_of_user ON api_keys (user_id))";

constexpr std::string_view services = R"(
CREATE TABLE services (
    id VARCHAR(64) {key} PRIMARY KEY,
    scopes TEXT NOT NULL,
    rate_count BIGINT NOT NULL,
    rate_window_s BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
))";

constexpr std::string_view service_keys = R"(
CREATE TABLE service_keys (
    id VARCHAR(36) {key} PRIMARY KEY,
    service_id VARCHAR(64) {key} NOT NULL REFERENCES services(id) ON DELETE CASCADE,
    prefix VARCHAR(64) NOT NULL,
    key_hash VARCHAR(64) {key} NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
) {hot})";

constexpr std::string_view service_keys_of = R"(
CREATE INDEX service_keys_of_service ON service_keys (service_id))";

constexpr std::string_view stripe_event_at = R"(
ALTER TABLE subscriptions ADD COLUMN stripe_event_at TIMESTAMPTZ)";

constexpr std::string_view subscriptions_of = R"(
CREATE INDEX subscriptions_of_customer ON subscriptions (stripe_customer_id))";

constexpr std::string_view stripe_events = R"(
CREATE TABLE stripe_events (
    id VARCHAR(255) {key} PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL
))";

constexpr std::string_view stripe_events_by_age = R"(
CREATE INDEX stripe_events_by_age ON stripe_events (at))";

constexpr std::string_view quota_usage = R"(
CREATE TABLE quota_usage (
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    quota VARCHAR(100) {key} NOT NULL,
    window_start TIMESTAMPTZ NOT NULL,
    used BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, quota, window_start)
) {hot})";

constexpr std::string_view projects_of_owner = R"(
CREATE INDEX projects_of_owner ON projects (owner_id))";

constexpr std::string_view projects_of_client = R"(
CREATE INDEX projects_of_client ON projects (client_id))";

constexpr std::string_view mails = R"(
CREATE TABLE mails (
    id VARCHAR(36) {key} PRIMARY KEY,
    kind VARCHAR(50) NOT NULL,
    recipient VARCHAR(255) NOT NULL,
    sealed TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ,
    given_up_at TIMESTAMPTZ
))";

constexpr std::string_view mails_due = R"(
CREATE INDEX mails_due ON mails (next_attempt_at)
    WHERE sent_at IS NULL AND given_up_at IS NULL)";

constexpr std::string_view mails_by_age = R"(
CREATE INDEX mails_by_age ON mails (created_at))";

} // namespace

std::vector<std::string_view> registry_tables() {
  return {roles,
          users_of_role,
          api_keys,
          api_keys_of,
          services,
          service_keys,
          service_keys_of,
          stripe_event_at,
          subscriptions_of,
          stripe_events,
          stripe_events_by_age,
          quota_usage,
          projects_of_owner,
          projects_of_client,
          mails,
          mails_due,
          mails_by_age};
}

} // namespace latchkey::storage
