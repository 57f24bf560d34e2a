// factors.cpp — second factors: enrolled, confirmed, removed, and the recovery codes beside them.
// Every change is on the owner's record, in the audit log and in the owner's mail, and raises the
// row's version, so that a sign-in which has not seen it loses.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/user/sealed_totp.hpp"
#include "config/log.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_code.hpp"
#include "protocol/tokens/totp.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

using storage::totp_max;

totp_record without_secret(totp_record totp) {
  totp.sealed_secret.clear();
  return totp;
}

} // namespace

result<secret> user_state::open_totp(const totp_record& totp) const {
  auto opened = latchkey::open_totp(env->keys->sealing, totp);
  if (opened) return opened;
  failure error{error_code::internal_error, {}, {}};
  error.why = "the secret of an authenticator app was sealed under another JWT_SECRET_KEY";
  log_warning(name, to_string(record.id), ": ", error.why);
  return fail(std::move(error));
}

// -- what there is ----------------------------------------------------------------------------

task<messages::factor_list> user_state::on_list_factors(messages::list_factors request) {
  const storage::list_factors query{record.id};
  auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  messages::factor_list out;
  for (auto& totp : found->totp)
    if (totp.confirmed_at) out.totp.push_back(without_secret(std::move(totp)));
  out.passkeys = std::move(found->passkeys);
  out.methods = methods();
  out.recovery_codes = found->recovery_codes;
  out.recovery_codes_left = found->recovery_codes_left;
  out.is_required = must_have_second_factor();
  if (out.is_required && !record.factors.any()) out.due_at = factor_due_at(env->now());
  co_return out;
}

// -- changes ----------------------------------------------------------------------------------

task<turnstile::turn>
user_state::take_turn_to_change_factors(const messages::signed_in_session& caller) {
  auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  if (const auto recent = check_recent(caller.authenticated); !recent) co_return recent.error();
  co_return std::move(*turn);
}

user_state::factor_change user_state::change_by_owner(const char* action,
                                                      const messages::signed_in_session& caller,
                                                      const messages::author& by,
                                                      time_point deadline) {
  factor_change change;
  change.session = caller.id;
  change.action = action;
  change.by = by;
  change.deadline = deadline;
  return change;
}

task<messages::done> user_state::change_factors(const factor_change& wanted) {
  const auto may = co_await may_notify("factors_changed");
  revision change;
  change.deadline = wanted.deadline;
  change.ends_sessions = wanted.ends_sessions;
  change.keep = wanted.session;
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    if (wanted.role_seen && *wanted.role_seen != record.role)
      return fail(error_code::conflict, "role", "was changed meanwhile: try again");
    const auto at = env->now();
    storage::unit unit{wanted.facts()};
    if (wanted.session)
      unit.facts.emplace_back(storage::need_live_session{*wanted.session, record.id});
    if (wanted.ends_sessions)
      unit.facts.emplace_back(
          storage::end_sessions_of{record.id, wanted.session, at, wanted.action});
    unit.facts.emplace_back(
        storage::add_audit{audit_entry(wanted.action, wanted.reason, at, wanted.by, record.id)});
    if (may.value_or(false) && env->mails)
      unit.facts.emplace_back(env->mails->factors_changed(record.email, wanted.event, at));
    return unit;
  };
  const auto written = co_await revise(change);
  // Which kinds there are now the store has counted, also where others could not be told of it. If
  // it cannot be asked, nobody signs in before it was.
  const auto read = co_await reload(wanted.deadline);
  if (!read && !is_removed()) {
    in_doubt_ = unknown_outcome{wanted.ends_sessions, wanted.session};
    (void)co_await settle_in_doubt();
  }
  if (!written) co_return written.error();
  announce_mail();
  co_return messages::done{};
}

task<messages::done> user_state::check_not_last_factor(std::uint64_t id, time_point deadline) {
  if (!must_have_second_factor()) co_return messages::done{};
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, deadline);
  if (!found) co_return found.error();
  bool is_one = false, has_another = false;
  const auto look = [&](std::uint64_t each) { (each == id ? is_one : has_another) = true; };
  for (const auto& totp : found->totp)
    if (totp.confirmed_at) look(totp.id);
  for (const auto& key : found->passkeys)
    if (key.is_second_factor) look(key.id);
  if (!is_one || has_another) co_return messages::done{};
  co_return fail(error_code::conflict, "id",
                 "is the only second factor, and the account must have one: add another first");
}

task<messages::done>
user_state::on_require_recent_sign_in(messages::require_recent_sign_in request) {
  if (const auto recent = check_recent(request.shown); !recent) co_return recent.error();
  co_return messages::done{};
}

task<messages::totp_enrolled> user_state::on_enrol_totp(messages::enrol_totp request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  const auto confirmed = std::ranges::count_if(
      found->totp, [](const totp_record& totp) { return totp.confirmed_at.has_value(); });
  if (static_cast<std::size_t>(confirmed) >= totp_max)
    co_return fail(error_code::conflict, "totp",
                   "the account has as many authenticator apps as may be");

  const auto key = make_totp_secret();
  totp_record totp;
  totp.id = random_key_id();
  totp.user = record.id;
  totp.name = request.name;
  totp.created_at = env->now();
  totp.sealed_secret = seal_totp(env->keys->sealing, totp, key);
  storage::unit unit{
      {storage::enrol_totp{totp}, storage::need_live_session{request.caller.id, record.id},
       storage::add_audit{audit_entry("user.totp_enrolment_begun", "waits for its first code",
                                      totp.created_at, request.by, record.id)}}};
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) co_return written.error();
  co_return messages::totp_enrolled{totp.id, key, record.email};
}

task<messages::totp_confirmed> user_state::on_confirm_totp(messages::confirm_totp request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  const auto waiting =
      std::ranges::find_if(found->totp, [](const totp_record& totp) { return !totp.confirmed_at; });
  if (waiting == found->totp.end())
    co_return fail(error_code::not_found, "totp", "no authenticator app waits to be confirmed");
  const auto key = open_totp(*waiting);
  if (!key)
    co_return fail(error_code::not_found, "totp", "no authenticator app waits to be confirmed");
  const auto at = env->now();
  const auto step = matching_totp_step(*key, request.code.reveal(), at, 0);
  if (!step)
    co_return failure{error_code::invalid_credentials,
                      "code",
                      "is wrong: is the clock of the device right?",
                      0,
                      {},
                      "wrong first code of an authenticator app"};

  messages::totp_confirmed out;
  new_recovery_codes codes;
  if (found->recovery_codes == 0) codes = make_recovery_codes();
  const auto id = waiting->id;
  auto change = change_by_owner("user.totp_added", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    std::vector<storage::fact> facts{
        storage::confirm_totp{id, record.id, record.version, *step, at}};
    facts.emplace_back(
        storage::reauthenticate_session{request.caller.id, record.id, auth_method::totp, at});
    if (!codes.hashes.empty())
      facts.emplace_back(
          storage::put_recovery_codes{record.id, record.version + 1, codes.hashes, at});
    return facts;
  };
  change.reason = "by its first code; every sign-in asks for a second factor from now on";
  change.event = "The authenticator app \"" + waiting->name + "\" was added to your account";
  const auto changed = co_await change_factors(change);
  if (!changed) co_return changed.error();
  (void)co_await notify_session(request.caller.id, auth_method::totp, at);
  out.totp = without_secret(*waiting);
  out.totp.confirmed_at = out.totp.last_used_at = at;
  out.recovery_codes = std::move(codes.texts);
  co_return out;
}

task<messages::done> user_state::on_remove_totp(messages::remove_totp request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  const auto allowed = co_await check_not_last_factor(request.id, request.deadline);
  if (!allowed) co_return allowed.error();
  auto change = change_by_owner("user.totp_removed", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    return std::vector<storage::fact>{
        storage::remove_totp{request.id, record.id, record.version, env->now()}};
  };
  change.reason = "by its owner; every other session has ended";
  change.event =
      "An authenticator app was removed from your account, and every other session ended";
  change.ends_sessions = end_reason::revoked;
  co_return co_await change_factors(change);
}

task<messages::recovery_codes_made>
user_state::on_make_recovery_codes(messages::make_recovery_codes request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  if (!record.factors.any())
    co_return fail(error_code::conflict, "recovery_codes",
                   "are of use beside a second factor: add one first");
  auto codes = make_recovery_codes();
  auto change =
      change_by_owner("user.recovery_codes_made", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    return std::vector<storage::fact>{
        storage::put_recovery_codes{record.id, record.version, codes.hashes, env->now()}};
  };
  change.reason = "those of before are over, and every other session has ended";
  change.event = "New recovery codes were made for your account; the old ones are over, and every "
                 "other session ended";
  change.ends_sessions = end_reason::revoked;
  const auto changed = co_await change_factors(change);
  if (!changed) co_return changed.error();
  co_return messages::recovery_codes_made{std::move(codes.texts)};
}

task<messages::done> user_state::on_reset_factors(messages::reset_factors request) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  factor_change change;
  change.facts = [this] {
    return std::vector<storage::fact>{
        storage::remove_factors{record.id, record.version, env->now()}};
  };
  change.action = "user.factors_reset";
  change.reason = "by an administrator; every session has ended";
  change.event = "An administrator has removed all second factors of your account";
  change.by = request.by;
  change.deadline = request.deadline;
  change.ends_sessions = end_reason::revoked;
  change.role_seen = request.role_seen;
  const auto reset = co_await change_factors(change);
  if (reset) forget_wrong_codes();
  co_return reset;
}

} // namespace latchkey
