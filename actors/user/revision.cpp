// revision.cpp — changes of a user's row: based on a version, tried again when somebody
// else was first, and answered only when every session in memory knows what they mean for it.
#include "actors/user/user.hpp"

#include "actors/base/shard_round.hpp"
#include "actors/cluster/announce.hpp"

#include <utility>

namespace latchkey {

task<storage::written> user_state::revise(revision& change) {
  for (std::size_t attempt = 1;; ++attempt) {
    if (is_removed()) co_return fail(error_code::user_not_found);
    auto unit = change.facts();
    if (!unit) co_return unit.error();
    if (!*unit) { // it is so already, by somebody who may not have told all members yet
      const auto announced = co_await announce_revision(change);
      if (!announced) co_return announced.error();
      co_return storage::written{};
    }
    const auto based_on = record.version;
    auto written = co_await commit(std::move(**unit), change.deadline);
    if (written) {
      if (change.committed) change.committed();
      // Who read the row meanwhile has adopted it already.
      if (change.adopt && record.version == based_on) change.adopt();
      const auto notified = co_await notify_shards_of(change);
      if (!notified) co_return notified.error();
      const auto announced = co_await announce_revision(change);
      if (!announced) co_return announced.error();
      co_return std::move(*written);
    }
    const auto& lost = written.error();
    // Nobody knows whether it went through, or somebody else removed the user. What the store says
    // must hold for the sessions in memory too, whatever the asker is told.
    if (lost.code == error_code::outcome_unknown || lost.code == error_code::user_not_found) {
      in_doubt_ = unknown_outcome{change.ends_sessions, change.keep};
      forget_keys();
      ++recovery_changes_;
      (void)co_await settle_in_doubt();
      co_return lost;
    }
    if (!is_lost_by_version(lost) || attempt == attempts_max) co_return lost;
    const auto reread = co_await reload(change.deadline);
    if (!reread) co_return reread.error();
  }
}

task<messages::done> user_state::announce_revision(const revision& change) {
  if (change.ends_sessions || change.changes_role) {
    const auto reason = change.ends_sessions.value_or(end_reason::revoked);
    return announce(*env, messages::user_sessions_changed{record.id, std::nullopt, reason});
  }
  return announce(*env, messages::user_changed{record.id});
}

task<messages::done> user_state::notify_shards_of(const revision& change) {
  if (change.ends_sessions) {
    messages::user_sessions_ended event{record.id, change.keep, *change.ends_sessions};
    co_return co_await notify_shards(*env, std::move(event));
  }
  if (change.changes_role) {
    messages::user_role_changed event{record.id, record.role};
    co_return co_await notify_shards(*env, std::move(event));
  }
  co_return messages::done{};
}

} // namespace latchkey
