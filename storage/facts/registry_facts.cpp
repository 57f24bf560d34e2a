// Facts about roles, API keys, services and their keys.
#include "storage/sql/facts.hpp"

#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/catalogue_registry.hpp"
#include "storage/sql/words.hpp"

#include <utility>

namespace latchkey::storage::sql {

namespace {

/// A user's keys that are revoked or expired: the newest are kept for whoever asks what became
/// of one, and of the others each new key sweeps out a few.
constexpr std::int64_t dead_keys_kept_max = 100;
constexpr std::int64_t dead_keys_forgotten_max = 16;

std::int64_t count_of(runner& on, const statement& what, std::vector<parameter> values) {
  std::int64_t count = 0;
  on.run(what, std::move(values), [&](const row_source& row) { count = number_at(row, 0); });
  return count;
}

/// Whether as many as `max` are there.
bool reaches(std::int64_t count, std::size_t max) {
  return count >= 0 && static_cast<std::uint64_t>(count) >= max;
}

} // namespace

// -- roles -------------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::add_role& f, written&) {
  const auto& r = f.role;
  if (is_built_in_role(r.name)) return losing(error_code::conflict, "name", "is built in");
  on.run(lock_roles, {});
  if (on.run(find_role, {r.name}) > 0) return losing(error_code::conflict, "name", "is taken");
  if (reaches(count_of(on, count_roles, {}), f.max))
    return losing(error_code::conflict, "name", "there are as many roles as there may be");
  const auto added = on.run(add_role, {r.name, r.description, join_words(r.permissions),
                                       time_text(r.created_at), time_text(r.updated_at)});
  if (added == 0) return losing(error_code::conflict, "name", "is taken");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::update_role& f, written&) {
  const auto& r = f.role;
  const auto changed = on.run(
      change_role, {r.name, r.description, join_words(r.permissions), time_text(r.updated_at)});
  if (changed == 0) return losing(error_code::not_found, "name");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::remove_role& f, written&) {
  // Each statement sees what was committed before it began, so whoever got the role before
  // it was locked is seen.
  if (on.run(own_role, {f.name}) == 0) return losing(error_code::not_found, "name");
  if (on.run(users_with_role, {f.name}) > 0)
    return losing(error_code::conflict, "name", "users have this role");
  on.run(drop_role, {f.name});
  return std::nullopt;
}

// -- API keys ------------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::add_api_key& f, written&) {
  const auto& k = f.key;
  const auto user = to_string(k.user);
  const auto now = time_text(k.created_at);
  // Others who add a key for this user wait here, so that counting is exact.
  if (on.run(share_user, {user}) == 0) return losing(error_code::user_not_found);
  // Whoever ended the session held the user's row as well, so its end is seen.
  if (f.session && on.run(session_lives, {to_string(*f.session), user}) == 0)
    return losing(error_code::token_invalid);
  on.run(forget_dead_keys, {user, now, dead_keys_kept_max, dead_keys_forgotten_max});
  if (reaches(count_of(on, count_live_keys, {user, now}), f.max))
    return losing(error_code::quota_exceeded, "api_keys");
  const auto added =
      on.run(add_api_key, {key_number(k.id), user, k.name, k.prefix, k.secret_hash,
                           join_words(k.scopes), now, time_or_null(k.expires_at),
                           time_or_null(k.last_used_at), time_or_null(k.revoked_at)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::revoke_api_key& f, written&) {
  const auto revoked =
      on.run(revoke_api_key, {key_number(f.id), to_string(f.user), time_text(f.at)});
  if (revoked == 0) return losing(error_code::not_found, "id");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::revoke_api_keys_of& f, written&) {
  const auto user = to_string(f.user);
  on.run(share_user, {user}); // whoever adds one meanwhile waits
  on.run(revoke_api_keys_of, {user, time_text(f.at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::touch_api_key& f, written&) {
  on.run(touch_api_key, {key_number(f.id), time_text(f.at)});
  return std::nullopt;
}

// -- services --------------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::put_service& f, written&) {
  const auto& s = f.service;
  on.run(put_service,
         {s.id, join_words(s.scopes), std::int64_t{s.rate_count}, std::int64_t{s.rate_window_s},
          time_text(s.created_at), time_text(s.updated_at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::add_service_key& f, written&) {
  const auto& k = f.key;
  if (on.run(hold_service, {k.service}) == 0) return losing(error_code::not_found, "service");
  const auto added = on.run(add_service_key, {to_string(k.id), k.service, k.prefix, k.key_hash,
                                              time_text(k.created_at), time_or_null(k.last_used_at),
                                              time_or_null(k.revoked_at)});
  if (added > 0) return std::nullopt;
  return on.run(find_service_key, {k.key_hash}) > 0
             ? losing(error_code::conflict, "key", "is there already")
             : losing(error_code::conflict, "id", "is taken");
}

std::optional<failure> write(runner& on, const storage::revoke_service_key& f, written&) {
  if (on.run(revoke_service_key, {to_string(f.id), time_text(f.at)}) == 0)
    return losing(error_code::not_found, "id");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::touch_service_key& f, written&) {
  on.run(touch_service_key, {to_string(f.id), time_text(f.at)});
  return std::nullopt;
}

} // namespace latchkey::storage::sql
