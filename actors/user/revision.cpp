// revision.cpp — changes of a user's row: based on a version, tried again when somebody
// else was first, and answered only when every session in memory knows what they mean for it.
#include "actors/user/user.hpp"

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
        if (change->committed) change->committed();
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
    tell_sessions(messages::user_sessions_ended{record.id, change->keep, change->ends_sessions},
                  told);
  else if (change->changes_role)
    tell_sessions(messages::user_role_changed{record.id, record.role}, told);
  else
    told(nullptr);
}

void user_state::lost_revision(const revision_ptr& change, const caf::error& error) {
  const auto why = to_failure(error);
  // Nobody knows whether it went through, or somebody else removed the user. What the store says
  // must hold for the sessions in memory too, whatever the asker is told.
  if (why.code == error_code::outcome_unknown || why.code == error_code::user_not_found) {
    in_doubt_ = unknown_outcome{change->ends_sessions, change->keep};
    forget_keys();
    ++recovery_changes_;
    return settle_in_doubt([change, error](const caf::error*) { change->failed(error); });
  }
  if (!lost_by_version(why) || change->attempt == attempts_max) return change->failed(error);
  ++change->attempt;
  reload(change->deadline, [this, change](const caf::error* unread) {
    if (unread != nullptr) return change->failed(*unread);
    revise(change);
  });
}

} // namespace latchkey
