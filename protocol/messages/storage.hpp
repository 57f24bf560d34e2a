// messages/storage.hpp — messages to the persistence, reader and Redis actors, which run in the
// process of whoever sends them.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/rate_limit.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace latchkey::messages {

/// Make the unit durable. The answer comes after COMMIT.
struct commit {
  storage::unit unit;
  time_point deadline{};
};

/// Write the commits, or send the commands, that have gathered; an actor sends this to itself.
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

/// Take one from a window of all nodes: what `rate_limiter::take` or `hold` left undecided.
struct take_rate {
  std::string key;
  rate_limit limit;
  time_point deadline{};
  bool holds = false;
  /// When none is left: whether to wait for those that are held, which may be given back. An
  /// answer that refuses comes after a few seconds in any case.
  bool waits_for_held = false;
};
struct rate_taken {
  rate_verdict verdict; // decided
};

/// Whether one that was held counts.
struct settle_rate {
  std::string key;
  std::uint64_t window = 0; // as Redis names it
  bool counts = false;
};
/// All are there again, but those that are held.
struct forget_rate {
  std::string key;
};

/// The time has come to give back what is wanted elsewhere, or to see whether Redis is back; the
/// Redis actor sends this to itself.
struct redis_tick {};

} // namespace latchkey::messages
