// doubt.cpp — after a COMMIT whose outcome nobody learnt: the store is asked what it has done,
// again and again until it says so. Nobody gets a turn before, no password is compared and no key
// is taken; sessions, which nobody can end or keep on a guess, go on until it is known.
#include "actors/user/user.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {
void user_state::settle_in_doubt(std::function<void(const caf::error*)> done) {
  if (!in_doubt_) return done(nullptr);
  in_doubt_askers_.push_back(std::move(done));
  if (in_doubt_askers_.size() == 1) retry_in_doubt();
}

void user_state::retry_in_doubt() {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  reload(deadline, [this, deadline](const caf::error* unread) {
    if (removed) return on_looked_up(nullptr);
    if (unread != nullptr || !in_doubt_->ends_sessions) return on_looked_up(unread);
    // No session was opened since, for that takes a turn: those that live tell whether it ended
    // the others.
    read(
        storage::list_sessions{record.id, env->now(), 2}, deadline,
        [this](std::vector<session_record>& live) {
          const auto& keep = in_doubt_->keep;
          const bool ended = std::all_of(live.begin(), live.end(), [&](const session_record& s) {
            return keep && s.id == *keep;
          });
          if (!ended) return on_looked_up(nullptr);
          tell_sessions(messages::user_sessions_ended{record.id, keep, in_doubt_->ends_sessions},
                        [this](const caf::error* error) { on_looked_up(error); });
        },
        [this](const caf::error& error) { on_looked_up(&error); });
  });
}

void user_state::on_looked_up(const caf::error* error) {
  if (error == nullptr) {
    in_doubt_.reset();
    forget_keys(); // what was read meanwhile may be older than what the store has done
  } else if (!std::exchange(has_reminder_, true)) {
    self->delayed_send(self, look_again_every, messages::sweep{});
  }
  for (auto& asker : std::exchange(in_doubt_askers_, {}))
    asker(error);
}

} // namespace latchkey
