// Facts about sessions, and the lines of the audit log.
#include "storage/postgres/batched/batched_kinds.hpp"

#include "storage/sql/rows.hpp"

#include <unordered_map>

namespace latchkey::storage::postgres {

namespace {

using counts = std::unordered_map<std::string, std::int64_t>;

} // namespace

void create_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<create_session>(p).session.user; });
  table<15> t;
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
    t[11].number(as<create_session>(p).user_version);
    t[12].number(s.authenticated.by.as_number());
    t[13].text(to_rfc3339(authenticated_at(s)));
    t[14].number(s.awaits_second_factor ? 1 : 0);
  }
  const auto won = first_column(link.run(sql::add_session, t.take()));
  for (auto& p : facts) {
    const auto& s = as<create_session>(p).session;
    if (won.count(to_string(s.id)) != 0) continue;
    const auto users = find_keys(link, sql::users_present, {to_string(s.user)});
    const auto version = as<create_session>(p).user_version;
    if (users.empty() || !is_true(users[0][1]))
      p.lost = losing(error_code::user_not_found);
    else if (version != 0 && users[0][2].as<std::int64_t>() != version)
      p.lost = losing(error_code::conflict, "version", "the user was changed");
    else
      p.lost = losing(error_code::conflict, "session", "the id is taken");
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

void end_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<end_session>(p).session; });
  table<3> t;
  for (const auto& p : facts) {
    const auto& f = as<end_session>(p);
    t[0].text(to_string(f.session));
    t[1].text(to_rfc3339(f.at));
    t[2].text(f.reason);
  }
  counts live; // an expired session is marked too, and is not counted
  for (const auto& row : link.run(sql::end_session, t.take()))
    live[std::string(view(row[0]))] += is_true(row[1]) ? 1 : 0;
  for (auto& p : facts)
    p.note.sessions_ended = live[to_string(as<end_session>(p).session)];
}

void end_all_sessions(connection& link, group facts) {
  sort_by(facts, [](const pending& p) { return as<end_sessions_of>(p).user; });
  std::vector<std::string> users;
  for (const auto& p : facts)
    users.push_back(to_string(as<end_sessions_of>(p).user));
  find_keys(link, sql::hold_users, users);
  table<4> t;
  for (const auto& p : facts) {
    const auto& f = as<end_sessions_of>(p);
    t[0].text(to_string(f.user));
    t[1].text(f.keep ? to_string(*f.keep) : std::string());
    t[2].text(to_rfc3339(f.at));
    t[3].text(f.reason);
  }
  counts live;
  for (const auto& row : link.run(sql::end_sessions_of, t.take()))
    ++live[std::string(view(row[0]))];
  for (auto& p : facts)
    p.note.sessions_ended = live[to_string(as<end_sessions_of>(p).user)];
}

void add_audits(connection& link, group facts) {
  const auto id_text = [](const auto& id) {
    return id ? std::optional(to_string(*id)) : std::nullopt;
  };
  sort_by(facts, [](const pending& p) { return as<add_audit>(p).entry.id; });
  table<9> t;
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
    t[8].text(e.by);
  }
  link.run(sql::add_audit, t.take());
}

} // namespace latchkey::storage::postgres
