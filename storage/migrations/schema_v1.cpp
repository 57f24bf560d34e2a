// schema_v1.cpp — version 1: users, their sessions and the audit log.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view users = R"(
CREATE TABLE users (
    id VARCHAR(36) {key} PRIMARY KEY,
    email VARCHAR(255) UNIQUE NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    role VARCHAR(50) DEFAULT 'user',
    client_id VARCHAR(100) NOT NULL,
    subscription_tier VARCHAR(50) DEFAULT 'free',
    is_active BOOLEAN DEFAULT true,
    email_verified BOOLEAN DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    updated_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    last_login_at TIMESTAMPTZ,
    number BIGINT {number},
    username VARCHAR(255) NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1
) {hot})";

constexpr std::string_view user_profiles = R"(
CREATE TABLE user_profiles (
    user_id VARCHAR(36) {key} PRIMARY KEY REFERENCES users(id),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    company VARCHAR(255),
    phone VARCHAR(50),
    avatar_url VARCHAR(500),
    preferences JSON,
    created_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    updated_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    full_name VARCHAR(255)
))";

constexpr std::string_view projects = R"(
CREATE TABLE projects (
    id VARCHAR(36) {key} PRIMARY KEY,
    client_id VARCHAR(100) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    owner_id VARCHAR(36) {key} NOT NULL REFERENCES users(id),
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    updated_at TIMESTAMPTZ NOT NULL DEFAULT {now}
))";

constexpr std::string_view subscriptions = R"(
CREATE TABLE subscriptions (
    id VARCHAR(36) {key} PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL UNIQUE REFERENCES users(id),
    tier VARCHAR(50) NOT NULL,
    status VARCHAR(50) NOT NULL,
    start_date TIMESTAMPTZ NOT NULL,
    end_date TIMESTAMPTZ,
    trial_ends_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    payment_method VARCHAR(100),
    stripe_customer_id VARCHAR(255),
    stripe_subscription_id VARCHAR(255),
    created_at TIMESTAMPTZ NOT NULL DEFAULT {now},
    updated_at TIMESTAMPTZ NOT NULL DEFAULT {now}
))";

// Usernames and emails share one key, so nobody takes a username that is another's email.
// kind: 'username', 'email', or 'both' for a user whose username is their own email.
constexpr std::string_view login_names = R"(
CREATE TABLE login_names (
    name_key VARCHAR(512) {key} PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id),
    kind VARCHAR(10) NOT NULL
))";

constexpr std::string_view login_names_of = R"(
CREATE INDEX login_names_of_user ON login_names (user_id))";

// No foreign key: the statement that adds a session finds and locks its user itself, and the
// second look would cost a fifth of the time. A session whose user is gone is read as absent.
constexpr std::string_view sessions = R"(
CREATE TABLE sessions (
    id VARCHAR(36) {key} PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL,
    counter BIGINT NOT NULL,
    salt {bytes} NOT NULL,
    opened_by VARCHAR(20) NOT NULL,
    user_agent TEXT NOT NULL,
    address VARCHAR(255) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    rotated_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    end_reason VARCHAR(255)
) {hot})";

// No index holds a column that a rotation changes.
constexpr std::string_view live_sessions = R"(
CREATE INDEX sessions_live_of_user ON sessions (user_id) WHERE ended_at IS NULL)";

// Without foreign keys: what happened stays when its user goes.
constexpr std::string_view audit_log = R"(
CREATE TABLE audit_log (
    id VARCHAR(36) {key} PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    action VARCHAR(100) NOT NULL,
    user_id VARCHAR(36) {key},
    session_id VARCHAR(36) {key},
    address VARCHAR(255) NOT NULL,
    request_id VARCHAR(128) NOT NULL,
    reason TEXT NOT NULL
))";

constexpr std::string_view audit_of_user = R"(
CREATE INDEX audit_log_of_user ON audit_log (user_id, at))";

// One row a writer: the last transaction of it that was committed. A writer whose
// connection broke during COMMIT finds the truth here; PostgreSQL's own transaction ids
// cannot tell it, as those that a crash lost are given out again.
constexpr std::string_view commit_marks = R"(
CREATE TABLE commit_marks (
    writer VARCHAR(64) {key} PRIMARY KEY,
    transaction_number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50))";

// SQLite's sequence: a row, so that taking a number rolls back with its user, and a number
// that was given is never given again.
constexpr std::string_view user_numbers = R"(
CREATE TABLE user_numbers (last_number BIGINT NOT NULL))";

} // namespace

migration schema_v1() {
  return {1,
          "0001_users_sessions_audit",
          {users, user_profiles, projects, subscriptions, login_names, login_names_of, sessions,
           live_sessions, audit_log, audit_of_user},
          {commit_marks},
          {user_numbers, "INSERT INTO user_numbers (last_number) VALUES (0)"}};
}

} // namespace latchkey::storage
