// Facts about users: their rows, names, numbers, passwords and logins.
#include "storage/postgres/batched/batched_kinds.hpp"

#include "protocol/text/name_look.hpp"
#include "storage/sql/catalogue.hpp"

#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

namespace latchkey::storage::postgres {

namespace {

/// How many rows of login_names it has.
std::size_t names_of(const create_user& f) {
  return (f.username_key == f.email_key ? 1U : 2U) + skeletons_of(f.username_key).size();
}

/// How often numbers are taken anew because other users had chosen them; each try skips a whole
/// block.
constexpr int number_tries_max = 64;

/// Taking numbers needs the shared lock; bringing numbers or moving the sequence needs the
/// exclusive one.
void reserve_numbers(connection& link, group facts) {
  std::int64_t highest = 0;
  bool brings_any = false;
  for (const auto& p : facts) {
    const auto& f = as<create_user>(p);
    brings_any = brings_any || f.user.number != 0;
    if (!f.keeps_sequence) highest = std::max(highest, f.user.number);
  }
  link.run(brings_any ? sql::own_numbers : sql::share_numbers);
  if (highest != 0) link.run(sql::move_number, {std::to_string(highest)});
}

/// Keeps the roles from being removed until the transaction ends; answers those that do not exist.
std::set<std::string, std::less<>> hold_roles(connection& link, group facts) {
  std::set<std::string, std::less<>> roles;
  for (const auto& p : facts)
    if (const auto& role = as<create_user>(p).user.role; !is_built_in_role(role))
      roles.insert(role);
  std::erase_if(roles, [&link](const std::string& role) {
    return !link.run(sql::hold_role, {role}).empty();
  });
  return roles;
}

/// Empty when only the number from the sequence was taken.
std::optional<failure> why_user_lost(connection& link, const create_user& f) {
  const auto id = to_string(f.user.id);
  // The fact's own rows may exist already: only rows of other users count.
  std::unordered_set<std::string> taken;
  const auto skeletons = skeletons_of(f.username_key);
  auto keys = std::vector<std::string>{f.username_key, f.email_key};
  keys.insert(keys.end(), skeletons.begin(), skeletons.end());
  for (const auto& row : find_keys(link, sql::names_taken, keys))
    if (view(row[1]) != id) taken.emplace(view(row[0]));
  if (taken.count(f.username_key) != 0)
    return losing(error_code::user_exists, "username", "is taken");
  if (taken.count(f.email_key) != 0) return losing(error_code::user_exists, "email", "is taken");
  if (std::any_of(skeletons.begin(), skeletons.end(),
                  [&taken](const std::string& looks) { return taken.count(looks) != 0; }))
    return losing(error_code::user_exists, "username", "looks like another's");
  if (f.user.number != 0 &&
      !find_keys(link, sql::numbers_taken, {std::to_string(f.user.number)}).empty())
    return losing(error_code::user_exists, "number", "is taken");
  if (!find_keys(link, sql::ids_taken, {id}).empty())
    return losing(error_code::user_exists, "id", "is taken");
  if (f.user.number == 0 && find_keys(link, sql::email_taken, {f.user.email}).empty())
    return std::nullopt;
  return losing(error_code::user_exists, "email", "is taken");
}

void add_user_row(table<21>& t, const create_user& f) {
  const auto& u = f.user;
  t[0].text(to_string(u.id));
  t[1].number(u.number);
  t[2].text(u.username);
  t[3].text(u.email);
  t[4].text(u.password_hash.reveal());
  t[5].text(u.role);
  t[6].text(u.client_id.empty() ? to_string(u.id) : u.client_id);
  t[7].text(u.subscription_tier);
  t[8].flag(u.is_active);
  t[9].flag(u.email_verified);
  t[10].number(u.version);
  t[11].text(to_rfc3339(u.created_at));
  t[12].text(to_rfc3339(u.updated_at));
  t[13].text_or_null(time_text(u.last_login_at));
  t[14].text(u.first_name);
  t[15].text(u.last_name);
  t[16].text(u.full_name);
  t[17].text(f.username_key);
  t[18].text(f.email_key);
  t[19].text(name_skeleton(f.username_key).value_or(std::string{}));
  t[20].text(capital_skeleton(f.username_key).value_or(std::string{}));
}

/// Adds them; answers those whose number from the sequence another user had chosen.
std::vector<pending*> add_users(connection& link, const std::vector<pending*>& facts) {
  table<21> t;
  for (const auto* p : facts)
    add_user_row(t, as<create_user>(*p));
  struct added {
    std::int64_t number;
    std::size_t names;
  };
  std::unordered_map<std::string, added> rows;
  for (const auto& row : link.run(sql::add_user, t.take()))
    rows.emplace(view(row[0]), added{row[1].as<std::int64_t>(), row[2].as<std::size_t>()});
  std::vector<pending*> again;
  for (auto* p : facts) {
    const auto& f = as<create_user>(*p);
    const auto found = rows.find(to_string(f.user.id));
    if (found != rows.end() && found->second.names == names_of(f)) {
      p->note.user_number = found->second.number;
      continue;
    }
    p->lost = why_user_lost(link, f);
    if (!p->lost && found == rows.end()) again.push_back(p);
    if (!p->lost && found != rows.end())
      p->lost = losing(error_code::user_exists, "email", "is taken");
  }
  return again;
}

} // namespace

void create_users(connection& link, group facts) {
  const auto missing = hold_roles(link, facts);
  reserve_numbers(link, facts);
  sort_by(facts, [](const pending& p) { return std::string_view(as<create_user>(p).email_key); });
  std::vector<pending*> waiting;
  for (auto& p : facts)
    if (missing.count(as<create_user>(p).user.role) != 0)
      p.lost = losing(error_code::validation_error, "role", "is not a role");
    else
      waiting.push_back(&p);
  for (int i = 0; i < number_tries_max && !waiting.empty(); ++i) {
    if (i > 0) link.run(sql::pass_over_numbers);
    waiting = add_users(link, waiting);
  }
  for (auto* p : waiting)
    p->lost = losing(error_code::store_unavailable, "number", "no number is free");
}

void set_passwords(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<set_password_hash>(p).user; });
  table<4> t;
  for (const auto& p : facts) {
    const auto& f = as<set_password_hash>(p);
    t[0].text(to_string(f.user));
    t[1].number(f.based_on);
    t[2].text(f.password_hash.reveal());
    t[3].text(to_rfc3339(f.at));
  }
  const auto won = first_column(link.run(sql::set_password, t.take()));
  for (auto& p : facts) {
    const auto id = to_string(as<set_password_hash>(p).user);
    if (won.count(id) != 0) continue;
    p.lost = find_keys(link, sql::users_present, {id}).empty()
                 ? losing(error_code::user_not_found)
                 : losing(error_code::conflict, "version", "the user was changed meanwhile");
  }
}

void touch_logins(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<touch_login>(p).user; });
  table<2> t;
  for (const auto& p : facts) {
    t[0].text(to_string(as<touch_login>(p).user));
    t[1].text(to_rfc3339(as<touch_login>(p).at));
  }
  link.run(sql::touch_login, t.take());
}

} // namespace latchkey::storage::postgres
