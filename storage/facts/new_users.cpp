// Adding a user: its row, its names, the skeleton of its username, and its number.
#include "storage/facts/new_users.hpp"
#include "protocol/text/name_look.hpp"
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement names_beyond_ascii{
    "names_beyond_ascii",
    "SELECT name_key, user_id FROM login_names WHERE kind = 'username' "
    "AND length(name_key) <> length(CAST(name_key AS BLOB)) ORDER BY user_id",
    "SELECT name_key, user_id FROM login_names WHERE kind = 'username' "
    "AND length(name_key) <> octet_length(name_key) ORDER BY user_id"};

} // namespace
} // namespace sql

namespace {

/// Takes the next number, or moves the sequence past a chosen one.
std::int64_t take_number(runner& on, std::int64_t chosen, bool keeps_sequence) {
  if (chosen != 0) {
    if (!keeps_sequence) on.run(sql::move_number, {chosen});
    return chosen;
  }
  std::int64_t next = 0;
  on.run(sql::next_number, {}, [&next](const row_source& row) { next = number_at(row, 0); });
  return next;
}

bool add_login_name(runner& on, const std::string& key, const std::string& user, const char* kind) {
  return on.run(sql::add_login_name, {key, user, std::string(kind)}) > 0;
}

std::optional<failure> add_names(runner& on, const create_user& f, const std::string& id) {
  const bool is_one = f.username_key == f.email_key;
  if (!add_login_name(on, f.username_key, id, is_one ? "both" : "username"))
    return losing(error_code::user_exists, "username", "is taken");
  for (const auto& skeleton : skeletons_of(f.username_key))
    if (!add_login_name(on, skeleton, id, "skeleton"))
      return losing(error_code::user_exists, "username", "looks like another's");
  if (!is_one && !add_login_name(on, f.email_key, id, "email"))
    return losing(error_code::user_exists, "email", "is taken");
  return std::nullopt;
}

failure why_user_lost(runner& on, const create_user& f, const std::string& id,
                      std::int64_t number) {
  // The email's own column is unique too, so a name that is taken may be the reason.
  if (on.run(sql::names_taken, {f.username_key}) > 0)
    return losing(error_code::user_exists, "username", "is taken");
  if (on.run(sql::names_taken, {f.email_key}) > 0)
    return losing(error_code::user_exists, "email", "is taken");
  if (on.run(sql::numbers_taken, {number}) > 0)
    return losing(error_code::user_exists, "number", "is taken");
  if (on.run(sql::ids_taken, {id}) > 0) return losing(error_code::user_exists, "id", "is taken");
  return losing(error_code::user_exists, "email", "is taken");
}

} // namespace

// -- create_user ----------------------------------------------------------------------

void check(fact_checker& c, const create_user& f) {
  const auto& u = f.user;
  c.id("id", u.id);
  static_assert(chosen_user_number_max == 4503599627370496); // as the sentence has it
  c.require(u.number >= 0 && u.number <= chosen_user_number_max, "number",
            "must be from 1 to 4503599627370496");
  c.text("username", u.username, username_chars_max);
  c.text("email", u.email, email_chars_max);
  c.key("username", f.username_key);
  c.key("email", f.email_key);
  c.text("first_name", u.first_name, first_name_chars_max);
  c.text("last_name", u.last_name, last_name_chars_max);
  c.text("full_name", u.full_name, full_name_chars_max);
  c.text("password_hash", u.password_hash.reveal(), password_hash_chars_max);
  c.text("role", u.role, role_chars_max);
  c.text("client_id", u.client_id, client_id_chars_max);
  c.text("subscription_tier", u.subscription_tier, tier_chars_max);
  c.time("created_at", u.created_at);
  c.time("updated_at", u.updated_at);
  c.time("last_login_at", u.last_login_at);
  c.time("synced_at", u.synced_at);
}

void touch(footprint& print, const create_user& f) {
  print.writes(thing::user, f.user.id);
  print.writes(thing::name, f.username_key);
  if (f.email_key != f.username_key) print.writes(thing::name, f.email_key);
  for (const auto& skeleton : skeletons_of(f.username_key))
    print.writes(thing::name, skeleton);
  if (f.user.number != 0) print.writes(thing::number, std::to_string(f.user.number));
  if (is_admin_role(f.user.role))
    print.writes(thing::admins, "");
  else if (f.user.role != "user")
    print.reads(thing::role, f.user.role);
}

std::optional<failure> write(runner& on, const create_user& f, written& note) {
  const auto& u = f.user;
  if (!is_built_in_role(u.role) && on.run(sql::hold_role, {u.role}) == 0)
    return losing(error_code::validation_error, "role", "is not a role");
  const auto number = take_number(on, u.number, f.keeps_sequence);
  const auto id = to_string(u.id);
  const auto added =
      on.run(sql::add_user, {id, number, u.username, u.email, std::string(u.password_hash.reveal()),
                             u.role, u.client_id.empty() ? id : u.client_id, u.subscription_tier,
                             u.is_active, u.email_verified, u.version, time_text(u.created_at),
                             time_text(u.updated_at), time_or_null(u.last_login_at)});
  if (added == 0) return why_user_lost(on, f, id, number);
  if (auto why = add_names(on, f, id)) return why;
  on.run(sql::add_profile, {id, u.first_name, u.last_name, u.full_name, time_text(u.created_at),
                            time_text(u.updated_at)});
  note.user_number = number;
  return std::nullopt;
}

void add_missing_skeletons(runner& on) {
  struct name {
    std::string skeleton;
    std::string user;
  };
  std::vector<name> missing;
  on.run(sql::names_beyond_ascii, {}, [&missing](const row_source& row) {
    for (auto& skeleton : skeletons_of(text_or(row, 0)))
      missing.push_back({std::move(skeleton), text_or(row, 1)});
  });
  for (const auto& name : missing)
    add_login_name(on, name.skeleton, name.user, "skeleton");
}

topic new_users_topic() {
  static constexpr fact_rules facts[] = {rules_for<create_user>()};
  return {facts, {}};
}

} // namespace latchkey::storage
