// account.cpp — what a user is shown as, and the changes of the account as a whole.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/limits/charge_rate.hpp"
#include "protocol/text/login_name.hpp"

#include <string_view>
#include <utility>

namespace latchkey {
namespace {

template <class T>
void take_over(T& into, const std::optional<T>& from) {
  if (from) into = *from;
}

void apply(const storage::user_changes& changes, user_record& to) {
  take_over(to.username, changes.username);
  take_over(to.email, changes.email);
  take_over(to.first_name, changes.first_name);
  take_over(to.last_name, changes.last_name);
  take_over(to.full_name, changes.full_name);
  take_over(to.role, changes.role);
  take_over(to.client_id, changes.client_id);
  take_over(to.is_active, changes.is_active);
  take_over(to.email_verified, changes.email_verified);
  if (changes.synced_at) to.synced_at = changes.synced_at;
  take_over(to.brought_by, changes.brought_by);
}

/// Whether the changes bring an address that is not the user's already.
bool is_other_email(const storage::user_changes& changes, const user_record& record) {
  return changes.email && fold_login_name(record.email) != changes.email_key;
}

/// A name that is given in one form takes the place of the other, which is derived from now on;
/// of first and last name, the one that was not given stays as it was shown.
storage::user_changes settled(storage::user_changes changes, const user_record& record) {
  const bool in_two = changes.first_name || changes.last_name;
  if (in_two == changes.full_name.has_value()) return changes; // both forms, or neither
  const auto shown = messages::view_of(record);
  if (in_two) {
    if (!changes.first_name) changes.first_name = shown.first_name;
    if (!changes.last_name) changes.last_name = shown.last_name;
    changes.full_name = "";
  } else {
    changes.first_name = changes.last_name = "";
  }
  return changes;
}

/// Which fields, for the audit log; values only where they decide what the user may do.
std::string names_of(const storage::user_changes& changes) {
  std::string out;
  const auto add = [&out](bool is_given, std::string_view field) {
    if (!is_given) return;
    if (!out.empty()) out += ", ";
    out += field;
  };
  add(changes.username.has_value(), "username");
  add(changes.email.has_value(), "email");
  add(changes.first_name.has_value(), "first_name");
  add(changes.last_name.has_value(), "last_name");
  add(changes.full_name.has_value(), "full_name");
  add(changes.company.has_value(), "company");
  add(changes.phone.has_value(), "phone");
  add(changes.avatar_url.has_value(), "avatar_url");
  add(changes.preferences.has_value(), "preferences");
  add(changes.client_id.has_value(), "client_id");
  if (changes.role) add(true, "role=" + *changes.role);
  if (changes.is_active) add(true, *changes.is_active ? "is_active=true" : "is_active=false");
  if (changes.email_verified)
    add(true, *changes.email_verified ? "email_verified=true" : "email_verified=false");
  return out.empty() ? "nothing" : out;
}

/// Why whoever saw that role may no longer ask what they asked for.
std::optional<failure> other_role(const std::optional<std::string>& seen,
                                  const user_record& record) {
  if (!seen || *seen == record.role) return std::nullopt;
  return failure{error_code::conflict, "role", "was changed meanwhile", 0};
}

/// Leaves in the changes what that service may tell of this user (messages::update_user).
std::optional<failure> kept_to_rights(storage::user_changes& changes, const user_record& record,
                                      const messages::service_author& service) {
  const bool is_its_own = record.brought_by == service.id;
  const bool is_nobodys = record.brought_by.empty() && !record.was_used();
  if (service.writes_users) return std::nullopt;
  // Whoever chose the password may not own the address: a mailed token tells, and takes away what
  // they have set up. A service's word would not.
  if (!record.password_hash.empty() && !is_its_own) changes.email_verified.reset();
  if (is_its_own || is_nobodys) return std::nullopt;
  if (is_other_email(changes, record))
    return failure{
        error_code::validation_error, "email",
        "differs from the user's email; only a service with the scope users:write may change it",
        0};
  changes.email.reset();
  changes.username.reset();
  changes.email_verified.reset();
  return std::nullopt;
}

} // namespace

caf::result<messages::user_view> user_state::on_describe(messages::describe_user&) {
  return messages::view_of(record);
}

task<messages::user_view> user_state::on_update(messages::update_user request) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  const auto mails = co_await may_mail_of_move(request);
  if (!mails) co_return mails.error();
  time_point at{};
  storage::user_changes made;
  revision change;
  change.deadline = request.deadline;
  if (request.changes.is_active && !*request.changes.is_active)
    change.ends_sessions = end_reason::deactivated;
  change.changes_role = request.changes.role.has_value();
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    if (const auto why = other_role(request.role_seen, record)) return fail(*why);
    auto changes = request.changes;
    // Something newer has been told: the user is shown as it is.
    if (changes.synced_at && record.synced_at && *changes.synced_at < *record.synced_at)
      return std::nullopt;
    if (const auto why =
            request.service ? kept_to_rights(changes, record, *request.service) : std::nullopt)
      return fail(*why);
    const bool moves = is_other_email(changes, record);
    if (moves && !changes.email_verified) changes.email_verified = false;
    at = env->now();
    auto entry = audit_entry("user.updated", names_of(changes), at, request.author, record.id);
    made = settled(changes, record);
    storage::unit unit{{storage::update_user{record.id, record.version, made, at}}};
    if (change.ends_sessions)
      unit.facts.emplace_back(storage::end_sessions_of{
          record.id, std::nullopt, at, std::string{to_string(*change.ends_sessions)}});
    if (moves) add_move_of_email(unit.facts, made, *mails, at);
    unit.facts.emplace_back(storage::add_audit{std::move(entry)});
    return unit;
  };
  change.adopt = [&, this] {
    apply(made, record);
    record.updated_at = at;
    ++record.version;
  };
  const auto written = co_await revise(change);
  if (!written) co_return written.error();
  if (made.email) announce_mail();
  co_return messages::view_of(record);
}

void user_state::add_move_of_email(std::vector<storage::fact>& facts,
                                   const storage::user_changes& changes, const move_mails& mails,
                                   time_point at) const {
  facts.emplace_back(storage::use_up_reset_tokens{record.id, at});
  if (!env->mails) return;
  if (mails.notifies) facts.emplace_back(env->mails->email_changed(record.email, at));
  if (mails.verifies && asks_for_proof(changes)) add_verification(facts, *changes.email, at);
}

bool user_state::asks_for_proof(const storage::user_changes& changes) const {
  // Whoever has no password does not sign in here: the service that knows them asks them.
  return env->policy.verification != email_verification::off &&
         !changes.email_verified.value_or(false) && !record.password_hash.empty();
}

task<user_state::move_mails>
user_state::may_mail_of_move(const messages::update_user& request) const {
  move_mails mails;
  auto changes = request.changes;
  const bool is_refused = request.service && kept_to_rights(changes, record, *request.service);
  if (is_refused || !is_other_email(changes, record)) co_return mails;
  const auto may_tell = co_await may_notify("email_changed");
  mails.notifies = may_tell.value_or(false);
  if (!asks_for_proof(changes)) co_return mails;
  const auto may_ask = co_await may_mail(*env, "email_verification", changes.email_key);
  mails.verifies = may_ask.value_or(false);
  co_return mails;
}

task<messages::done> user_state::on_delete(messages::delete_user request) {
  secret matched;
  if (request.current) {
    const auto tried = co_await match_password(*request.current, request.deadline);
    if (!tried) co_return tried.error();
    matched = *tried;
  }
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  revision change;
  change.deadline = request.deadline;
  change.ends_sessions = end_reason::deleted;
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    if (const auto why = other_role(request.role_seen, record)) return fail(*why);
    if (request.current && !is_current(matched))
      return fail_because(error_code::invalid_credentials, "the password was changed meanwhile");
    if (request.current)
      if (const auto recent = check_recent_factor(request.shown); !recent)
        return fail(recent.error());
    const auto at = env->now();
    auto entry =
        audit_entry("user.deleted", "with all that was the user's", at, request.author, record.id);
    return storage::unit{
        {storage::delete_user{record.id, at}, storage::add_audit{std::move(entry)}}};
  };
  const auto written = co_await revise(change);
  if (!written) co_return written.error();
  // Nobody is served here from now on; the directory finds no such user.
  on_removed();
  co_return messages::done{};
}

task<messages::sessions_ended> user_state::on_end_sessions(messages::end_sessions request) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  revision change;
  change.deadline = request.deadline;
  change.ends_sessions = end_reason::revoked;
  change.keep = request.keep;
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    const auto at = env->now();
    auto entry = audit_entry("user.sessions_ended", request.reason, at, request.author, record.id);
    entry.session = request.keep;
    return storage::unit{{storage::end_sessions_of{record.id, request.keep, at, request.reason},
                          storage::add_audit{std::move(entry)}}};
  };
  const auto written = co_await revise(change);
  if (!written) co_return written.error();
  co_return messages::sessions_ended{written->sessions_ended};
}

} // namespace latchkey
