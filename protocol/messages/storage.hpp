// messages/storage.hpp — what is said to the persistence and reader actors.
//
// They run beside the database connection of their own process, so none of this ever
// travels between nodes.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/facts/queries.hpp"
#include "protocol/messages/done.hpp"

#include <utility>

namespace latchkey::messages {

/// Make the unit durable. The answer comes after COMMIT.
struct commit {
  storage::unit unit;
  time_point deadline{};
};

/// Write what has gathered; a persistence actor says this to itself.
struct flush {};

struct read_login {
  std::string login_key; // folded
  time_point deadline{};
};
struct login_owner {
  std::optional<user_id> user;
};

/// USER001 when there is none.
struct read_user {
  user_id id;
  time_point deadline{};
};

/// AUTH003 when there is none.
struct read_session {
  session_id id;
  time_point deadline{};
};

/// Any other question. Answered by the alternative of the same position.
struct read {
  storage::query what;
  time_point deadline{};
};
struct found {
  storage::finding answer;

  /// The answer to a `Query`, which must have been the question.
  template <class Query>
  typename Query::answer& as() {
    return std::get<typename Query::answer>(answer);
  }
};

struct ping_store {
  time_point deadline{};
};

struct ping_redis {
  time_point deadline{};
};

} // namespace latchkey::messages
