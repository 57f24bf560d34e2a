// user_revision.cpp — changes of a user's row: based on a version, tried again when somebody
// else was first, and answered only when every session in memory knows what they mean for it.
#include "actors/user.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

bool lost_by_version(const failure& f) {
  return f.code == error_code::conflict && f.field == "version";
}

} // namespace

void user_state::revise(const revision_ptr& change) {
  if (removed) return change->failed(to_error(error_code::user_not_found));
  auto unit = change->facts();
  if (!unit) return;
  commit(
      std::move(*unit), change->deadline,
      [this, change, based_on = record.version](storage::written& written) {
        // Who read the row meanwhile has learnt of it already.
        if (record.version == based_on) change->learn();
        revised(change, written);
      },
      [this, change](const caf::error& error) { lost_revision(change, error); });
}

void user_state::revised(const revision_ptr& change, const storage::written& written) {
  const auto told = [change, written](const caf::error* error) {
    if (error != nullptr) return change->failed(*error);
    change->done(written);
  };
  if (change->ends_sessions)
    tell_sessions(messages::user_sessions_ended{record.id, change->keep}, told);
  else if (change->changes_role)
    tell_sessions(messages::user_role_changed{record.id, record.role}, told);
  else
    told(nullptr);
}

void user_state::lost_revision(const revision_ptr& change, const caf::error& error) {
  const auto why = to_failure(error);
  if (why.code == error_code::outcome_unknown) return look_again(change, error);
  if (why.code == error_code::user_not_found) {
    // Somebody else removed the user.
    return reload(change->deadline, [change, error](const caf::error*) { change->failed(error); });
  }
  if (!lost_by_version(why) || change->attempt == attempts_max) return change->failed(error);
  ++change->attempt;
  reload(change->deadline, [this, change](const caf::error* unread) {
    if (unread != nullptr) return change->failed(*unread);
    revise(change);
  });
}

void user_state::look_again(const revision_ptr& change, const caf::error& error) {
  // Nobody knows whether it went through. What the store says by now must hold for the
  // sessions in memory too, whatever the asker is told.
  const auto deadline = with->now() + with->policy.internal_deadline;
  const auto give_up = [change, error](const caf::error*) { change->failed(error); };
  reload(deadline, [this, change, deadline, give_up](const caf::error*) {
    if (!change->ends_sessions || removed) return give_up(nullptr);
    read(
        storage::list_sessions{record.id, with->now(), 2}, deadline,
        [this, change, give_up](std::vector<session_record>& live) {
          const bool ended = std::all_of(live.begin(), live.end(), [&](const session_record& s) {
            return change->keep && s.id == *change->keep;
          });
          if (!ended) return give_up(nullptr);
          tell_sessions(messages::user_sessions_ended{record.id, change->keep}, give_up);
        },
        [give_up](const caf::error&) { give_up(nullptr); });
  });
}

} // namespace latchkey
