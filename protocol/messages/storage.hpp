// messages/storage.hpp — messages to the persistence, reader and Redis actors, which run in the
// process of whoever sends them.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/done.hpp"

#include <utility>

namespace latchkey::messages {

/// Make the unit durable. The answer comes after COMMIT.
struct commit {
  storage::unit unit;
  time_point deadline{};
};

/// Write the commits that have gathered; a persistence actor sends this to itself.
struct flush {};

/// Which user has this name or address?
struct read_login {
  std::string login_key; // folded
  time_point deadline{};
};
struct login_owner {
  std::optional<user_id> user;
};

/// The user's row. USER001 when there is none.
struct read_user {
  user_id id;
  time_point deadline{};
};

/// The session's row. AUTH003 when there is none.
struct read_session {
  session_id id;
  time_point deadline{};
};

/// Any other query. `found` holds the alternative at the same position.
struct read {
  storage::query query;
  time_point deadline{};
};
struct found {
  storage::finding answer;

  /// The answer to a `Query`, which must have been the query that was sent.
  template <class Query>
  typename Query::answer& as() {
    return answer.get<typename Query::answer>();
  }
};

/// Does the database answer?
struct ping_store {
  time_point deadline{};
};

/// Does Redis answer?
struct ping_redis {
  time_point deadline{};
};

} // namespace latchkey::messages
