#include "tests/support/memory_tables.hpp"

#include <algorithm>

namespace latchkey::test {

using storage::written;

namespace {

failure because(error_code code, const char* field = "") {
  return {code, field, {}, 0};
}

} // namespace

template <class Map>
void memory_tables::keep(Map& map, const typename Map::key_type& key) {
  const auto at = map.find(key);
  if (at == map.end())
    undo_.push_back([&map, key] { map.erase(key); });
  else
    undo_.push_back([&map, key, old = at->second] { map[key] = old; });
}

result<written> memory_tables::apply(const storage::unit& u) {
  written note;
  undo_.clear();
  for (const auto& what : u.facts) {
    auto why = std::visit([&](const auto& f) { return write(f, note); }, what);
    if (!why) continue;
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step)
      (*step)();
    return tl::unexpected<failure>(std::move(*why));
  }
  return note;
}

memory_tables::maybe_failure memory_tables::write(const storage::create_user& f, written& note) {
  if (names.count(f.username_key) != 0) return because(error_code::user_exists, "username");
  if (names.count(f.email_key) != 0) return because(error_code::user_exists, "email");
  const auto same_number = [&f](const auto& entry) {
    return f.user.number != 0 && entry.second.number == f.user.number;
  };
  if (std::any_of(users.begin(), users.end(), same_number))
    return because(error_code::user_exists, "number");
  if (users.count(f.user.id) != 0) return because(error_code::user_exists, "id");
  keep(users, f.user.id);
  keep(names, f.username_key);
  keep(names, f.email_key);
  auto user = f.user;
  if (user.number == 0) user.number = last_number_ + 1;
  last_number_ = std::max(last_number_, user.number);
  note.user_number = user.number;
  names[f.username_key] = names[f.email_key] = user.id;
  users[user.id] = std::move(user);
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::set_password_hash& f, written&) {
  const auto at = users.find(f.user);
  if (at == users.end()) return because(error_code::user_not_found);
  if (at->second.version != f.based_on) return because(error_code::conflict, "version");
  keep(users, f.user);
  at->second.password_hash = f.password_hash;
  at->second.version += 1;
  at->second.updated_at = f.at;
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::create_session& f, written&) {
  const auto user = users.find(f.session.user);
  if (user == users.end() || !user->second.is_active) return because(error_code::user_not_found);
  if (sessions.count(f.session.id) != 0) return because(error_code::conflict, "session");
  keep(sessions, f.session.id);
  sessions[f.session.id].record = f.session;
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::rotate_session& f, written&) {
  const auto at = sessions.find(f.session);
  if (at == sessions.end() || at->second.record.ended_at || at->second.record.expires_at <= f.at ||
      at->second.record.counter != f.from)
    return because(error_code::token_invalid);
  keep(sessions, f.session);
  at->second.record.counter += 1;
  at->second.record.rotated_at = f.at;
  return std::nullopt;
}

void memory_tables::end(session_row& row, time_point at, const std::string& reason, written& note) {
  if (row.record.ended_at) return;
  keep(sessions, row.record.id);
  row.record.ended_at = at;
  row.end_reason = reason;
  note.sessions_ended += row.record.expires_at > at ? 1 : 0;
}

memory_tables::maybe_failure memory_tables::write(const storage::end_session& f, written& note) {
  if (const auto at = sessions.find(f.session); at != sessions.end())
    end(at->second, f.at, f.reason, note);
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::end_sessions_of& f,
                                                  written& note) {
  for (auto& [id, row] : sessions)
    if (row.record.user == f.user && (!f.keep || *f.keep != id)) end(row, f.at, f.reason, note);
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::add_audit& f, written&) {
  keep(audits, f.entry.id);
  audits.emplace(f.entry.id, f.entry);
  return std::nullopt;
}

memory_tables::maybe_failure memory_tables::write(const storage::touch_login& f, written&) {
  const auto at = users.find(f.user);
  if (at == users.end() || at->second.last_login_at.value_or(time_point::min()) >= f.at)
    return std::nullopt;
  keep(users, f.user);
  at->second.last_login_at = f.at;
  return std::nullopt;
}

} // namespace latchkey::test
