// in_doubt.cpp — after a COMMIT whose outcome nobody knows: the store is asked what it has done,
// again and again until it says so. Nobody gets a turn before, no password is compared and no key
// is taken; sessions, which nobody can end or keep on a guess, go on until it is known.
#include "actors/user/user.hpp"

#include "actors/base/shard_round.hpp"
#include "actors/cluster/announce.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

task<messages::done> user_state::settle_in_doubt() {
  if (!in_doubt_) co_return messages::done{};
  const auto look = [this] { return look_in_doubt(); };
  co_return co_await looks_.join(look);
}

task<> user_state::retry_in_doubt() {
  (void)co_await settle_in_doubt();
}

task<messages::done> user_state::look_in_doubt() {
  auto outcome = co_await look_at_store();
  if (outcome) outcome = co_await announce_outcome();
  if (outcome) {
    in_doubt_.reset();
    forget_keys(); // what was read meanwhile may be older than what the store has done
  } else {
    remind_of_doubt(self);
  }
  co_return outcome;
}

/// What has happened here may have to be told to others as well.
task<messages::done> user_state::announce_outcome() {
  if (in_doubt_->ends_sessions)
    return announce(
        *env, messages::user_sessions_changed{record.id, std::nullopt, *in_doubt_->ends_sessions});
  return announce(*env, messages::user_changed{record.id});
}

task<messages::done> user_state::look_at_store() {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  auto reread = co_await reload(deadline);
  if (is_removed()) co_return messages::done{};
  if (!reread || !in_doubt_->ends_sessions) co_return reread;
  // No session was opened since, for that takes a turn: those that live tell whether it ended
  // the others.
  const storage::list_sessions query{record.id, env->now(), 2};
  const auto live = co_await read(query, deadline);
  if (!live) co_return live.error();
  const auto& keep = in_doubt_->keep;
  const bool has_ended_them = std::all_of(
      live->begin(), live->end(), [&](const session_record& s) { return keep && s.id == *keep; });
  if (!has_ended_them) {
    in_doubt_->ends_sessions.reset();
    co_return messages::done{};
  }
  messages::user_sessions_ended event{record.id, keep, *in_doubt_->ends_sessions};
  co_return co_await notify_shards(*env, std::move(event));
}

} // namespace latchkey
