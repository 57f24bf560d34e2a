// passkeys.cpp — passkeys: made, changed, removed, and shown, by themselves or beside a password.
// What a browser answers is verified here, on what the store has; that a challenge is answered once
// and that a counter rises the store decides, with the COMMIT of what the passkey was shown for.
#include "actors/user/user.hpp"

#include "actors/user/passkey_refusal.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_code.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

using storage::passkeys_max;

webauthn::expectations expectations_of(const messages::passkey_site& site,
                                       const passkey_challenge& challenge) {
  webauthn::expectations expected;
  expected.challenge = base64url_decode(challenge.text).value_or(std::string{});
  expected.origins = site.origins;
  expected.rp_id = site.rp_id;
  return expected;
}

/// An imported passkey of a system that did not say; once it is eligible it stays so (WebAuthn
/// Level 3, section 6.1.3).
bool is_eligibility_unknown(const passkey_record& key) {
  return key.is_foreign && !key.is_backup_eligible;
}

webauthn::stored_passkey as_stored(const passkey_record& key) {
  webauthn::stored_passkey out;
  out.credential_id = base64url_decode(key.credential_id).value_or(std::string{});
  out.public_key = base64url_decode(key.public_key).value_or(std::string{});
  out.sign_count = key.sign_count;
  out.is_backup_eligible = key.is_backup_eligible;
  out.user_handle = user_handle_of(key.user);
  if (is_eligibility_unknown(key)) out.is_backup_eligible.reset();
  if (key.is_foreign) out.user_handle.reset();
  return out;
}

passkey_record as_record(const webauthn::new_passkey& made, const messages::add_passkey& request,
                         const user_id& user, time_point at) {
  passkey_record key;
  key.id = random_key_id();
  key.user = user;
  key.name = request.name;
  key.credential_id = base64url_encode(made.credential_id);
  key.public_key = base64url_encode(made.public_key);
  key.sign_count = made.sign_count;
  key.aaguid = base64url_encode(made.aaguid);
  key.transports = made.transports;
  key.is_backup_eligible = made.is_backup_eligible;
  key.is_backed_up = made.is_backed_up;
  key.is_second_factor = request.is_second_factor && !request.was_unattended;
  key.created_at = at;
  return key;
}

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

} // namespace

// -- shown ------------------------------------------------------------------------------------

task<user_state::accepted_proof> user_state::check_passkey(const messages::passkey_proof& proof,
                                                           bool is_alone, time_point deadline) {
  storage::find_passkey query{record.id, base64url_encode(proof.response.credential_id)};
  const auto found = co_await read(std::move(query), deadline);
  if (!found) co_return found.error();
  const auto& key = *found;
  if (!key) co_return unknown_credential();
  auto expected = expectations_of(proof.site, proof.challenge);
  expected.requires_user_verification = is_alone;
  expected.requires_user_handle = is_alone;
  const auto used = webauthn::verify_assertion(expected, proof.response, as_stored(*key));
  if (!used) co_return refused_passkey(used.error());
  const auto at = env->now();
  accepted_proof accepted{used->is_user_verified ? auth_method::verified_passkey
                                                 : auth_method::passkey};
  accepted.uses_up.emplace_back(
      storage::spend_challenge{proof.challenge.id, proof.challenge.good_until, at});
  storage::use_passkey use{key->id, record.id, used->sign_count, used->is_backed_up, at};
  if (is_eligibility_unknown(*key)) use.is_backup_eligible = used->is_backup_eligible;
  accepted.uses_up.emplace_back(use);
  co_return accepted;
}

task<messages::token_pair>
user_state::on_sign_in_with_passkey(messages::sign_in_with_passkey request) {
  for (std::size_t attempt = 1;; ++attempt) {
    const auto proof = co_await check_passkey(request.proof, true, request.deadline);
    if (!proof) co_return proof.error();
    const auto turn = co_await take_turn(turnstile::kind::shared);
    if (!turn) co_return turn.error();
    if (!record.is_active)
      co_return fail_because(error_code::invalid_credentials, "the account is inactive");
    if (must_verify_first()) co_return unverified_address();
    opening wanted{request.opened_by, request.client, request.deadline,
                   proof->method,     "by a passkey", proof->uses_up};
    const auto is_good = [this] { return record.is_active; };
    auto tokens = co_await open_session(std::move(wanted), is_good);
    if (tokens) co_return tokens;
    if (!is_lost_by_version(tokens.error())) co_return as_refused_passkey(tokens.error());
    if (attempt == attempts_max) co_return too_many();
  }
}

// -- made and changed -------------------------------------------------------------------------

task<messages::passkey_wanted> user_state::on_begin_passkey(messages::begin_passkey request) {
  const auto recent = check_recent(request.caller.authenticated);
  if (!recent) co_return recent.error();
  const storage::list_factors query{record.id};
  auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  if (found->passkeys.size() >= passkeys_max)
    co_return fail(error_code::conflict, "passkey",
                   "the account has " + std::to_string(passkeys_max) + ": remove one first");
  const auto& shown = record.full_name.empty() ? record.username : record.full_name;
  co_return messages::passkey_wanted{record.email, shown.empty() ? record.email : shown,
                                     std::move(found->passkeys)};
}

task<messages::passkey_added> user_state::on_add_passkey(messages::add_passkey request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  if (request.challenge.user != record.id)
    co_return fail(error_code::token_invalid, "credential", "answers a challenge of somebody else");
  auto expected = expectations_of(request.site, request.challenge);
  expected.requires_user_presence = !request.was_unattended;
  const auto made = webauthn::verify_registration(expected, request.response);
  if (!made) co_return refused_passkey(made.error());
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  if (found->passkeys.size() >= passkeys_max)
    co_return fail(error_code::conflict, "passkey",
                   "the account has " + std::to_string(passkeys_max) + ": remove one first");

  const auto at = env->now();
  const auto key = as_record(*made, request, record.id, at);
  new_recovery_codes codes;
  if (key.is_second_factor && found->recovery_codes == 0) codes = make_recovery_codes();
  auto change = change_by_owner("user.passkey_added", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    std::vector<storage::fact> facts{storage::add_passkey{key, record.version}};
    if (!codes.hashes.empty())
      facts.emplace_back(
          storage::put_recovery_codes{record.id, record.version + 1, codes.hashes, at});
    facts.emplace_back(
        storage::spend_challenge{request.challenge.id, request.challenge.good_until, at});
    return facts;
  };
  change.reason = request.was_unattended ? "by the way, at a sign-in by password"
                  : key.is_second_factor ? "sign-ins by password ask for it"
                                         : "as another way to sign in";
  change.event = "The passkey " + quoted(key.name) + " was added to your account";
  const auto changed = co_await change_factors(change);
  if (!changed) co_return as_refused_passkey(changed.error());
  co_return messages::passkey_added{key, std::move(codes.texts)};
}

task<messages::passkey_added> user_state::on_change_passkey(messages::change_passkey request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  const auto known = std::ranges::find(found->passkeys, request.id, &passkey_record::id);
  if (known == found->passkeys.end()) co_return fail(error_code::not_found);
  auto key = *known;
  key.name = request.name.value_or(key.name);
  key.is_second_factor = request.is_second_factor.value_or(key.is_second_factor);
  if (key.name == known->name && key.is_second_factor == known->is_second_factor)
    co_return messages::passkey_added{key, {}};

  if (!key.is_second_factor) {
    const auto allowed = co_await check_not_last_factor(key.id, request.deadline);
    if (!allowed) co_return allowed.error();
  }

  const auto at = env->now();
  new_recovery_codes codes;
  if (key.is_second_factor && found->recovery_codes == 0) codes = make_recovery_codes();
  auto change =
      change_by_owner("user.passkey_changed", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    std::vector<storage::fact> facts{storage::change_passkey{key.id, record.id, record.version,
                                                             key.name, key.is_second_factor, at}};
    if (!codes.hashes.empty())
      facts.emplace_back(
          storage::put_recovery_codes{record.id, record.version + 1, codes.hashes, at});
    return facts;
  };
  change.reason =
      key.is_second_factor ? "sign-ins by password ask for it" : "as another way to sign in";
  change.event = "The passkey " + quoted(key.name) + " of your account was changed";
  const auto changed = co_await change_factors(change);
  if (!changed) co_return changed.error();
  co_return messages::passkey_added{key, std::move(codes.texts)};
}

task<messages::done> user_state::on_remove_passkey(messages::remove_passkey request) {
  const auto turn = co_await take_turn_to_change_factors(request.caller);
  if (!turn) co_return turn.error();
  const auto allowed = co_await check_not_last_factor(request.id, request.deadline);
  if (!allowed) co_return allowed.error();
  auto change =
      change_by_owner("user.passkey_removed", request.caller, request.by, request.deadline);
  change.facts = [&, this] {
    return std::vector<storage::fact>{
        storage::remove_passkey{request.id, record.id, record.version, env->now()}};
  };
  change.reason = "by its owner; every other session has ended";
  change.event = "A passkey was removed from your account, and every other session ended";
  change.ends_sessions = end_reason::revoked;
  co_return co_await change_factors(change);
}

} // namespace latchkey
