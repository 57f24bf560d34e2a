// doubt.cpp — after a COMMIT whose outcome nobody learnt: the store is asked what it has done,
// again and again until it says so. Nobody gets a turn before, no password is compared and no key
// is taken; sessions, which nobody can end or keep on a guess, go on until it is known.
#include "actors/user/user.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {
void user_state::settle_doubt(std::function<void(const caf::error*)> done) {
  if (!doubt_) return done(nullptr);
  doubt_askers_.push_back(std::move(done));
  if (doubt_askers_.size() == 1) look_again();
}

void user_state::look_again() {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  reload(deadline, [this, deadline](const caf::error* unread) {
    if (removed) return looked(nullptr);
    if (unread != nullptr || !doubt_->ends_sessions) return looked(unread);
    // No session was opened since, for that takes a turn: those that live tell whether it ended
    // the others.
    read(
        storage::list_sessions{record.id, env->now(), 2}, deadline,
        [this](std::vector<session_record>& live) {
          const auto& keep = doubt_->keep;
          const bool ended = std::all_of(live.begin(), live.end(), [&](const session_record& s) {
            return keep && s.id == *keep;
          });
          if (!ended) return looked(nullptr);
          tell_sessions(messages::user_sessions_ended{record.id, keep, doubt_->ends_sessions},
                        [this](const caf::error* error) { looked(error); });
        },
        [this](const caf::error& error) { looked(&error); });
  });
}

void user_state::looked(const caf::error* error) {
  if (error == nullptr) {
    doubt_.reset();
    forget_keys(); // what was read meanwhile may be older than what the store has done
  } else if (!std::exchange(has_reminder_, true)) {
    self->delayed_send(self, look_again_every, messages::sweep{});
  }
  for (auto& asker : std::exchange(doubt_askers_, {}))
    asker(error);
}

} // namespace latchkey
