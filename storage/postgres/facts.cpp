#include "storage/postgres/facts.hpp"

#include "storage/postgres/array_literal.hpp"
#include "storage/sql/rows.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace latchkey::storage::postgres {

namespace {

using group = std::span<pending>;

template <class Fact>
const Fact& as(const pending& p) {
  return std::get<Fact>(*p.what);
}

/// The parameters of one statement: a literal a column.
template <std::size_t Columns>
class table {
public:
  array_literal& operator[](std::size_t column) { return columns_[column]; }
  std::vector<std::string> take() {
    std::vector<std::string> out;
    out.reserve(Columns);
    for (auto& column : columns_)
      out.push_back(column.take());
    return out;
  }

private:
  array_literal columns_[Columns];
};

std::string_view view(const pqxx::field& f) {
  return {f.c_str(), f.size()};
}
bool is_true(const pqxx::field& f) {
  return view(f) == "t";
}

failure losing(error_code code, const char* field = "", const char* reason = "") {
  return {code, field, reason, 0};
}

std::optional<std::string> time_text(const std::optional<time_point>& t) {
  return t ? std::optional(to_rfc3339(*t)) : std::nullopt;
}

/// Rows are locked in the order of their keys, so that two writers rarely deadlock.
template <class Key>
void sort_by(group facts, Key key) {
  std::stable_sort(facts.begin(), facts.end(),
                   [&key](const pending& a, const pending& b) { return key(a) < key(b); });
}

/// Column 0 of each row, as text.
std::unordered_set<std::string> first_column(const pqxx::result& rows) {
  std::unordered_set<std::string> out;
  for (const auto& row : rows)
    out.emplace(view(row[0]));
  return out;
}

/// Asks the catalogue which of some keys are there.
pqxx::result ask(connection& link, const sql::statement& what,
                 const std::vector<std::string>& keys) {
  array_literal literal;
  for (const auto& key : keys)
    literal.text(key);
  return link.run(what, {literal.take()});
}

// -- create_user ---------------------------------------------------------------------

std::size_t names_of(const create_user& f) {
  return f.username_key == f.email_key ? 1 : 2;
}

/// Whoever takes numbers shares the lock; whoever moves the sequence has it alone.
void reserve_numbers(connection& link, group facts) {
  std::int64_t highest = 0;
  for (const auto& p : facts)
    highest = std::max(highest, as<create_user>(p).user.number);
  if (highest == 0) {
    link.run(sql::share_numbers);
    return;
  }
  link.run(sql::own_numbers);
  link.run(sql::move_number, {std::to_string(highest)});
}

failure why_user_lost(connection& link, const create_user& f) {
  const auto id = to_string(f.user.id);
  // Its own rows may stand there already: what belongs to somebody else counts.
  std::unordered_set<std::string> taken;
  for (const auto& row : ask(link, sql::names_taken, {f.username_key, f.email_key}))
    if (view(row[1]) != id) taken.emplace(view(row[0]));
  if (taken.count(f.username_key) != 0)
    return losing(error_code::user_exists, "username", "is taken");
  if (taken.count(f.email_key) != 0) return losing(error_code::user_exists, "email", "is taken");
  if (f.user.number != 0 && !ask(link, sql::numbers_taken, {std::to_string(f.user.number)}).empty())
    return losing(error_code::user_exists, "number", "is taken");
  if (!ask(link, sql::ids_taken, {id}).empty())
    return losing(error_code::user_exists, "id", "is taken");
  return losing(error_code::user_exists, "email", "is taken");
}

void add_user_row(table<19>& t, const create_user& f) {
  const auto& u = f.user;
  t[0].text(to_string(u.id));
  t[1].number(u.number);
  t[2].text(u.username);
  t[3].text(u.email);
  t[4].text(u.password_hash.reveal());
  t[5].text(u.role);
  t[6].text(u.client_id);
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
}

void create_users(connection& link, group facts) {
  reserve_numbers(link, facts);
  sort_by(facts, [](const pending& p) { return std::string_view(as<create_user>(p).email_key); });
  table<19> t;
  for (const auto& p : facts)
    add_user_row(t, as<create_user>(p));
  struct added {
    std::int64_t number;
    std::size_t names;
  };
  std::unordered_map<std::string, added> rows;
  for (const auto& row : link.run(sql::add_user, t.take()))
    rows.emplace(view(row[0]), added{row[1].as<std::int64_t>(), row[2].as<std::size_t>()});
  for (auto& p : facts) {
    const auto& f = as<create_user>(p);
    const auto found = rows.find(to_string(f.user.id));
    if (found != rows.end() && found->second.names == names_of(f))
      p.note.user_number = found->second.number;
    else
      p.lost = why_user_lost(link, f);
  }
}

// -- what else concerns users ----------------------------------------------------------

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
    p.lost = ask(link, sql::users_present, {id}).empty()
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

// -- sessions --------------------------------------------------------------------------

void create_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<create_session>(p).session.user; });
  table<11> t;
  for (const auto& p : facts) {
    const auto& s = as<create_session>(p).session;
    t[0].text(to_string(s.id));
    t[1].text(to_string(s.user));
    t[2].number(static_cast<std::int64_t>(s.counter));
    t[3].bytes(s.salt);
    t[4].text(sql::name_of(s.opened_by));
    t[5].text(s.user_agent);
    t[6].text(s.address);
    t[7].text(to_rfc3339(s.created_at));
    t[8].text(to_rfc3339(s.rotated_at));
    t[9].text(to_rfc3339(s.expires_at));
    t[10].text_or_null(time_text(s.ended_at));
  }
  const auto won = first_column(link.run(sql::add_session, t.take()));
  for (auto& p : facts) {
    const auto& s = as<create_session>(p).session;
    if (won.count(to_string(s.id)) != 0) continue;
    const auto users = ask(link, sql::users_present, {to_string(s.user)});
    p.lost = !users.empty() && is_true(users[0][1])
                 ? losing(error_code::conflict, "session", "the id is taken")
                 : losing(error_code::user_not_found);
  }
}

void rotate_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<rotate_session>(p).session; });
  table<3> t;
  for (const auto& p : facts) {
    const auto& f = as<rotate_session>(p);
    t[0].text(to_string(f.session));
    t[1].number(static_cast<std::int64_t>(f.from));
    t[2].text(to_rfc3339(f.at));
  }
  const auto won = first_column(link.run(sql::rotate_session, t.take()));
  for (auto& p : facts)
    if (won.count(to_string(as<rotate_session>(p).session)) == 0)
      p.lost = losing(error_code::token_invalid);
}

/// Rows of (id, whether it was live): how many live ones each id had.
std::unordered_map<std::string, std::int64_t> count_live(const pqxx::result& rows) {
  std::unordered_map<std::string, std::int64_t> out;
  for (const auto& row : rows)
    out[std::string(view(row[0]))] += is_true(row[1]) ? 1 : 0;
  return out;
}

void end_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<end_session>(p).session; });
  table<3> t;
  for (const auto& p : facts) {
    const auto& f = as<end_session>(p);
    t[0].text(to_string(f.session));
    t[1].text(to_rfc3339(f.at));
    t[2].text(f.reason);
  }
  auto live = count_live(link.run(sql::end_session, t.take()));
  for (auto& p : facts)
    p.note.sessions_ended = live[to_string(as<end_session>(p).session)];
}

void end_all_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<end_sessions_of>(p).user; });
  table<4> t;
  for (const auto& p : facts) {
    const auto& f = as<end_sessions_of>(p);
    t[0].text(to_string(f.user));
    t[1].text(f.keep ? to_string(*f.keep) : std::string());
    t[2].text(to_rfc3339(f.at));
    t[3].text(f.reason);
  }
  auto live = count_live(link.run(sql::end_sessions_of, t.take()));
  for (auto& p : facts)
    p.note.sessions_ended = live[to_string(as<end_sessions_of>(p).user)];
}

void add_audits(connection& link, group facts) {
  const auto id_text = [](const auto& id) {
    return id ? std::optional(to_string(*id)) : std::nullopt;
  };
  sort_by(facts, [](const pending& p) { return as<add_audit>(p).entry.id; });
  table<8> t;
  for (const auto& p : facts) {
    const auto& e = as<add_audit>(p).entry;
    t[0].text(to_string(e.id));
    t[1].text(to_rfc3339(e.at));
    t[2].text(e.action);
    t[3].text_or_null(id_text(e.user));
    t[4].text_or_null(id_text(e.session));
    t[5].text(e.address);
    t[6].text(e.request_id);
    t[7].text(e.reason);
  }
  link.run(sql::add_audit, t.take());
}

using applier = void (*)(connection&, group);
// In the order of `fact`'s alternatives.
constexpr applier appliers[] = {create_users, set_passwords,    create_sessions, rotate_sessions,
                                end_sessions, end_all_sessions, add_audits,      touch_logins};
static_assert(std::size(appliers) == std::variant_size_v<fact>);

} // namespace

void apply_facts(connection& link, std::span<pending> facts) {
  if (!facts.empty()) appliers[facts.front().what->index()](link, facts);
}

bool leaves_rows_when_it_loses(const fact& what) noexcept {
  return std::holds_alternative<create_user>(what);
}

} // namespace latchkey::storage::postgres
