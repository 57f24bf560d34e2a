// Passkeys: what a browser has registered, and what each use says of it.
#include "storage/facts/factor_rows.hpp"

namespace latchkey::storage {

namespace sql {

const statement drop_all_passkeys{"drop_all_passkeys", "DELETE FROM passkeys WHERE user_id = $1"};

namespace {

#define LATCHKEY_PASSKEY_ROW                                                                       \
  "SELECT id, name, credential_id, public_key, sign_count, aaguid, transports, "                   \
  "is_backup_eligible, is_backed_up, is_second_factor, created_at, last_used_at, is_foreign "      \
  "FROM passkeys WHERE user_id = $1 "
constexpr statement list_passkeys{"list_passkeys",
                                  LATCHKEY_PASSKEY_ROW "ORDER BY created_at, id LIMIT $2"};
constexpr statement find_passkey{"find_passkey", LATCHKEY_PASSKEY_ROW "AND credential_id = $2"};
constexpr statement add_passkey{
    "add_passkey",
    "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count, aaguid, "
    "transports, is_backup_eligible, is_backed_up, is_second_factor, created_at, is_foreign) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING "
    "RETURNING id"};
constexpr statement use_passkey{
    "use_passkey",
    "UPDATE passkeys SET sign_count = $3, is_backed_up = $4, last_used_at = $5, "
    "is_backup_eligible = COALESCE($6, is_backup_eligible) "
    "WHERE id = $1 AND user_id = $2 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0)) "
    "RETURNING id"};
constexpr statement has_passkey{"has_passkey",
                                "SELECT 1 FROM passkeys WHERE id = $1 AND user_id = $2"};
constexpr statement change_passkey{
    "change_passkey",
    "UPDATE passkeys SET name = COALESCE($3, name), "
    "is_second_factor = COALESCE($4, is_second_factor) WHERE id = $1 AND user_id = $2 "
    "RETURNING id"};
constexpr statement drop_passkey{
    "drop_passkey", "DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING id"};

} // namespace
} // namespace sql

// -- add_passkey ----------------------------------------------------------------------

void check(fact_checker& c, const add_passkey& f) {
  const auto& p = f.passkey;
  c.id("id", p.id);
  c.id("user", p.user);
  c.name("name", p.name, factor_name_chars_max);
  c.name("credential", p.credential_id, credential_id_chars_max);
  c.name("public_key", p.public_key, passkey_public_key_chars_max);
  c.text("aaguid", p.aaguid, aaguid_chars_max);
  c.words("transports", p.transports);
  c.text("transports", join_words(p.transports), transports_chars_max);
  c.time("created_at", p.created_at);
}

void touch(footprint& print, const add_passkey& f) {
  print.writes(thing::user, f.passkey.user);
  print.writes(thing::credential, f.passkey.credential_id);
}

std::optional<failure> write(runner& on, const add_passkey& f, written&) {
  const auto& p = f.passkey;
  const auto user = to_string(p.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  const auto added =
      on.run(sql::add_passkey,
             {key_number(p.id), user, p.name, p.credential_id, p.public_key,
              std::int64_t{p.sign_count}, p.aaguid, join_words(p.transports), p.is_backup_eligible,
              p.is_backed_up, p.is_second_factor, time_text(p.created_at), p.is_foreign});
  if (added == 0) return losing(error_code::conflict, "credential", "is registered already");
  revise_factors(on, user, p.created_at);
  return std::nullopt;
}

// -- use_passkey ----------------------------------------------------------------------

void check(fact_checker& c, const use_passkey& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const use_passkey& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const use_passkey& f, written&) {
  const auto user = to_string(f.user);
  const auto used =
      on.run(sql::use_passkey, {key_number(f.id), user, std::int64_t{f.sign_count}, f.is_backed_up,
                                time_text(f.at), flag_or_null(f.is_backup_eligible)});
  if (used > 0) return std::nullopt;
  if (on.run(sql::has_passkey, {key_number(f.id), user}) == 0) return losing(error_code::not_found);
  return losing(error_code::conflict, "sign_count", "is not greater than the one before");
}

// -- change_passkey -------------------------------------------------------------------

void check(fact_checker& c, const change_passkey& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  if (f.name) c.name("name", *f.name, factor_name_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const change_passkey& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const change_passkey& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  const auto changed = on.run(sql::change_passkey, {key_number(f.id), user, text_or_null(f.name),
                                                    flag_or_null(f.is_second_factor)});
  if (changed == 0) return losing(error_code::not_found);
  revise_factors(on, user, f.at);
  return std::nullopt;
}

// -- remove_passkey -------------------------------------------------------------------

void check(fact_checker& c, const remove_passkey& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const remove_passkey& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const remove_passkey& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  if (on.run(sql::drop_passkey, {key_number(f.id), user}) == 0)
    return losing(error_code::not_found);
  revise_factors(on, user, f.at);
  return std::nullopt;
}

// -- reading ------------------------------------------------------------------------------

namespace {

passkey_record passkey_at(const row_source& row, const user_id& user) {
  passkey_record key;
  key.id = key_at(row, 0);
  key.user = user;
  key.name = text_or(row, 1);
  key.credential_id = text_or(row, 2);
  key.public_key = text_or(row, 3);
  key.sign_count = static_cast<std::uint32_t>(number_at(row, 4));
  key.aaguid = text_or(row, 5);
  key.transports = words_at(row, 6);
  key.is_backup_eligible = flag_at(row, 7);
  key.is_backed_up = flag_at(row, 8);
  key.is_second_factor = flag_at(row, 9);
  key.created_at = time_at(row, 10).value_or(time_point{});
  key.last_used_at = time_at(row, 11);
  key.is_foreign = flag_at(row, 12);
  return key;
}

} // namespace

std::vector<passkey_record> passkeys_of(runner& on, const user_id& user) {
  std::vector<passkey_record> found;
  on.run(sql::list_passkeys, {to_string(user), row_count(passkeys_read_max)},
         [&](const row_source& row) { found.push_back(passkey_at(row, user)); });
  return found;
}

finding answer(runner& on, const find_passkey& q) {
  find_passkey::answer found;
  on.run(sql::find_passkey, {to_string(q.user), q.credential_id},
         [&](const row_source& row) { found = passkey_at(row, q.user); });
  return found;
}

topic passkeys_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_passkey>(), rules_for<use_passkey>(),
                                         rules_for<change_passkey>(), rules_for<remove_passkey>()};
  static constexpr query_rules queries[] = {rules_for_query<find_passkey>()};
  return {facts, queries};
}

} // namespace latchkey::storage
