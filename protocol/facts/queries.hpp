// queries.hpp — what can be asked of the store, and what it answers: the counterpart of
// facts.hpp. A query names its answer; absence is an empty optional, never an error.
#pragma once

#include "protocol/facts/records.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace latchkey::storage {

/// The largest page and the largest slice of anything that is read at once.
inline constexpr std::size_t page_rows_max = 1000;

struct find_user_by_number {
  using answer = std::optional<user_record>;
  std::int64_t number = 0;
};

/// Users in the order of their numbers. `active` unset: all.
struct list_users {
  struct answer {
    std::int64_t total = 0; // on all pages
    std::vector<user_record> users;
  };
  std::optional<bool> active;
  std::size_t offset = 0;
  std::size_t limit = 50;
};

/// The next users after a number, for those who read all of them.
struct users_after {
  using answer = std::vector<user_record>;
  std::int64_t number = 0;
  std::size_t limit = page_rows_max;
};

/// Whether there is an active administrator.
struct has_administrator {
  using answer = bool;
};

struct find_profile {
  using answer = std::optional<profile_record>;
  user_id user;
};

/// The PHC string of the recovery passphrase.
struct find_recovery {
  using answer = std::optional<secret>;
  user_id user;
};

/// Used and expired ones too; the caller looks at the record.
struct find_reset_token {
  using answer = std::optional<reset_token_record>;
  std::uint64_t id = 0;
};

/// Live sessions, newest first.
struct list_sessions {
  using answer = std::vector<session_record>;
  user_id user;
  time_point now{};
  std::size_t limit = page_rows_max;
  time_point used_after{};  // those that were refreshed later alone
  std::string held_by = {}; // those of this service alone (session_record); empty: all
};

/// Mails that are due, oldest first.
struct due_mails {
  using answer = std::vector<mail_record>;
  time_point now{};
  std::size_t limit = 64;
};

struct list_roles {
  using answer = std::vector<role_record>;
};

/// A user's keys, the most that are read.
inline constexpr std::size_t api_keys_read_max = 1'000'000;

/// Every key of the user that is neither revoked nor expired, oldest first.
struct list_api_keys {
  using answer = std::vector<api_key_record>;
  user_id user;
  time_point now{};
};

struct list_services {
  struct answer {
    std::vector<service_record> services;
    std::vector<service_key_record> keys; // revoked ones too
  };
};

struct find_subscription {
  using answer = std::optional<subscription_record>;
  user_id user;
};

/// Whose subscription has this customer; the newest when there are several.
struct find_stripe_customer {
  using answer = std::optional<user_id>;
  std::string customer;
};

/// What is known of the Stripe subscription of that id.
struct find_stripe_subscription {
  struct answer {
    std::optional<subscription_record> known;
  };
  std::string id;
};

/// All of Stripe's subscriptions of the user that are known, the newest first, up to 1000. Their
/// `id` is nil.
struct list_stripe_subscriptions {
  using answer = std::vector<subscription_record>;
  user_id user;
};

struct list_quota_usage {
  using answer = std::vector<quota_usage_record>;
  user_id user;
};

struct find_project {
  using answer = std::optional<project_record>;
  uuid id;
};

/// Projects of the owner or the client, in the order they were made.
struct list_projects {
  struct answer {
    std::int64_t total = 0;
    std::vector<project_record> projects;
  };
  user_id owner;
  std::string client_id;
  std::size_t offset = 0;
  std::size_t limit = 50;
};

struct find_workflow_record {
  using answer = std::optional<workflow_record>;
  workflow_id id;
};

/// Statuses behind `after_seq`, in order.
struct list_workflow_statuses {
  using answer = std::vector<workflow_status_record>;
  workflow_id workflow;
  std::int64_t after_seq = 0;
  std::size_t limit = page_rows_max;
};

/// The next runs after an id that have not ended, in the order of their ids.
struct list_running_workflows {
  using answer = std::vector<workflow_id>;
  workflow_id after;
  std::size_t limit = page_rows_max;
};

/// Lines of the audit log, newest first: of a user, of an action, or of both.
struct list_audit {
  using answer = std::vector<audit_record>;
  std::optional<user_id> user;
  std::string action = {}; // empty: all
  time_point since{};
  /// Behind this line, for those who ask for the next page.
  std::optional<audit_record> before = {};
  std::size_t limit = page_rows_max;
};

using query =
    std::variant<find_user_by_number, list_users, users_after, has_administrator, find_profile,
                 find_recovery, find_reset_token, list_sessions, due_mails, list_roles,
                 list_api_keys, list_services, find_subscription, find_stripe_customer,
                 find_stripe_subscription, list_stripe_subscriptions, list_quota_usage,
                 find_project, list_projects, find_workflow_record, list_workflow_statuses,
                 list_running_workflows, list_audit>;

/// The answer to the query of the same position.
using finding = std::variant<
    find_user_by_number::answer, list_users::answer, users_after::answer, has_administrator::answer,
    find_profile::answer, find_recovery::answer, find_reset_token::answer, list_sessions::answer,
    due_mails::answer, list_roles::answer, list_api_keys::answer, list_services::answer,
    find_subscription::answer, find_stripe_customer::answer, find_stripe_subscription::answer,
    list_stripe_subscriptions::answer, list_quota_usage::answer, find_project::answer,
    list_projects::answer, find_workflow_record::answer, list_workflow_statuses::answer,
    list_running_workflows::answer, list_audit::answer>;

} // namespace latchkey::storage
