// schema_v12.cpp — version 12: second factors, and how a session's user was authenticated.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

// Bits: protocol/authentication.hpp, factor_kinds.
constexpr std::string_view kinds = R"(
ALTER TABLE users ADD COLUMN second_factors BIGINT NOT NULL DEFAULT 0)";

constexpr std::string_view failures = R"(
ALTER TABLE users ADD COLUMN failures_of_factors BIGINT NOT NULL DEFAULT 0)";

// Bits: auth_methods. 0: of before this version, when there were passwords alone.
constexpr std::string_view methods = R"(
ALTER TABLE sessions ADD COLUMN auth_methods BIGINT NOT NULL DEFAULT 0)";

// NULL: when it was opened.
constexpr std::string_view authentication_time = R"(
ALTER TABLE sessions ADD COLUMN authenticated_at TIMESTAMPTZ)";

constexpr std::string_view totp = R"(
CREATE TABLE totp_factors (
    id BIGINT PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    sealed_secret VARCHAR(512) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    last_step BIGINT NOT NULL DEFAULT 0
))";

constexpr std::string_view totp_by_user = R"(
CREATE INDEX totp_factors_by_user ON totp_factors (user_id))";

constexpr std::string_view recovery_codes = R"(
CREATE TABLE recovery_codes (
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash VARCHAR(64) {key} NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, code_hash)
))";

// An id of 1023 bytes has 1364 characters.
constexpr std::string_view passkeys = R"(
CREATE TABLE passkeys (
    id BIGINT PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    credential_id VARCHAR(1364) {key} NOT NULL UNIQUE,
    public_key VARCHAR(1024) NOT NULL,
    sign_count BIGINT NOT NULL,
    aaguid VARCHAR(22) NOT NULL,
    transports VARCHAR(100) NOT NULL,
    is_backup_eligible BOOLEAN NOT NULL,
    is_backed_up BOOLEAN NOT NULL,
    is_second_factor BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
))";

constexpr std::string_view passkeys_by_user = R"(
CREATE INDEX passkeys_by_user ON passkeys (user_id))";

constexpr std::string_view challenges = R"(
CREATE TABLE spent_challenges (
    id VARCHAR(64) {key} PRIMARY KEY,
    until TIMESTAMPTZ NOT NULL
))";

constexpr std::string_view challenges_by_end = R"(
CREATE INDEX spent_challenges_by_end ON spent_challenges (until))";

} // namespace

migration schema_v12() {
  return {12,
          "0012_second_factors",
          {kinds, failures, methods, authentication_time, totp, totp_by_user, recovery_codes,
           passkeys, passkeys_by_user, challenges, challenges_by_end},
          {},
          {},
          nullptr,
          10};
}

} // namespace latchkey::storage
