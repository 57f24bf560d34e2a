// sessions.cpp — sessions in memory and being loaded, and what changes for them when the store has
// a change of their user.
//
// A row that was read before a COMMIT must not become a session that lives after it. The user of a
// session that is being loaded is not known before its row is read. So the shard remembers the
// users whose sessions have ended, or have another role, while some sessions are being loaded; a
// row of such a user is read again.
#include "actors/audit/audit_entry.hpp"
#include "actors/cluster/announce.hpp"
#include "actors/directory/directory.hpp"
#include "actors/directory/loading.hpp"
#include "actors/session/session.hpp"

#include <utility>

namespace latchkey {

// -- found and loaded --------------------------------------------------------------------

caf::result<session_actor> directory_state::on_find_session(messages::find_session& request) {
  promise<session_actor> answer{self};
  const auto id = request.id;
  if (request.if_in_memory && !loading::is_in_memory(sessions, id)) {
    answer.deliver(to_error(error_code::token_invalid));
    return answer;
  }
  loading::find_or_load(sessions, id, request.gone, answer, loads,
                        [this, id](std::uint64_t) { begin(load_session(id)); });
  return answer;
}

task<> directory_state::load_session(session_id id) {
  while (true) {
    const auto load = begin_session_load(id);
    const auto epoch = env->trust->epoch();
    const messages::read_session question{id, own_deadline()};
    auto record = co_await ask(env->reader_for(id), question);
    if (!loading::is_loading(sessions, id, load)) co_return;
    if (!record) {
      session_not_loaded(id, record.error());
      co_return;
    }
    if (was_notified_since(record->user, load)) continue;
    session_loaded(id, std::move(*record), epoch);
    co_return;
  }
}

/// One that was under way is overtaken.
std::uint64_t directory_state::begin_session_load(const session_id& id) {
  auto& resident = sessions[id];
  end_load(resident.load);
  resident.load = ++loads;
  session_loads.insert(resident.load);
  return resident.load;
}

void directory_state::session_loaded(const session_id& id, session_record record,
                                     std::uint64_t read_in) {
  if (record.ended_at || record.expires_at <= env->now())
    return session_not_loaded(id, failure{error_code::token_invalid});
  const auto owner = record.user;
  auto& resident = sessions[id];
  end_load(resident.load);
  sessions_of.emplace(owner, id);
  resident.owner = owner;
  loading::loaded(sessions, id, self->spawn(session, std::move(record), env, read_in));
}

void directory_state::session_not_loaded(const session_id& id, const failure& error) {
  const auto& resident = sessions[id];
  end_load(resident.load);
  // A session whose actor was found gone may be in the index.
  sessions_of.erase({resident.owner, id});
  loading::not_loaded(sessions, id, error);
}

caf::result<session_actor> directory_state::on_adopt(messages::adopt_session& request) {
  const auto id = request.session.id;
  if (may_be_older(request.session.user, request.sent_at)) {
    messages::find_session question{id};
    return on_find_session(question);
  }
  if (!sessions[id].actor) session_loaded(id, std::move(request.session), request.read_in);
  const auto found = sessions.find(id);
  if (found == sessions.end()) return to_error(error_code::token_invalid);
  return found->second.actor;
}

bool directory_state::is_loading_session(const session_id& id) const {
  const auto found = sessions.find(id);
  return found != sessions.end() && session_loads.contains(found->second.load);
}

void directory_state::end_load(std::uint64_t load) {
  session_loads.erase(load);
  // A row of the oldest load that is left has what was notified before that.
  while (!notified_users.empty() &&
         (session_loads.empty() || notified_users.front().loads < *session_loads.begin()))
    notified_users.pop_front();
}

bool directory_state::was_notified_since(const user_id& user, std::uint64_t load) const {
  for (auto it = notified_users.rbegin(); it != notified_users.rend() && it->loads >= load; ++it)
    if (it->user == user) return true;
  return false;
}

bool directory_state::may_be_older(const user_id& user, time_point sent_at) const {
  if (!env->cluster) return false; // the user's actor has seen to it
  if (sent_at < env->steady_now() - notified_for) return true;
  for (auto it = lately_notified.rbegin(); it != lately_notified.rend() && it->first >= sent_at;
       ++it)
    if (it->second == user) return true;
  return false;
}

void directory_state::note_notified(const user_id& user) {
  if (!session_loads.empty()) notified_users.push_back({user, loads});
  if (!env->cluster) return;
  const auto now = env->steady_now();
  lately_notified.emplace_back(now, user);
  while (lately_notified.front().first < now - notified_for)
    lately_notified.pop_front();
}

// -- notified ------------------------------------------------------------------------------

namespace {

/// For events of every session of a user.
bool all(const session_id&) {
  return true;
}

} // namespace

template <class Concerns, class Event>
task<messages::sessions_notified> directory_state::notify_sessions(user_id user, Concerns concerns,
                                                                   Event event) {
  note_notified(user);
  std::size_t count = 0;
  std::vector<std::pair<session_actor, Event>> events;
  for (auto it = sessions_of.lower_bound({user, session_id{}});
       it != sessions_of.end() && it->first == user; ++it) {
    if (!concerns(it->second)) continue;
    ++count;
    const auto found = sessions.find(it->second);
    if (found == sessions.end() || !found->second.actor) continue;
    if constexpr (requires { event.session; }) event.session = it->second;
    events.emplace_back(found->second.actor, event);
  }
  const auto replies = co_await ask_each(std::move(events));
  for (const auto& reply : replies)
    if (!reply && !is_gone(reply.error())) co_return to_failure(reply.error());
  co_return messages::sessions_notified{count};
}

task<messages::sessions_notified>
directory_state::on_sessions_ended(messages::user_sessions_ended event) {
  const auto others = [keep = event.keep](const session_id& id) { return keep != id; };
  return notify_sessions(event.user, others, messages::session_ended{{}, event.reason});
}

task<messages::sessions_notified>
directory_state::on_sessions_changed(messages::user_sessions_changed event) {
  const auto concerned = [only = event.session](const session_id& id) {
    return !only || *only == id;
  };
  return notify_sessions(event.user, concerned, messages::reread_session{event.reason});
}

task<messages::sessions_notified>
directory_state::on_role_changed(messages::user_role_changed event) {
  return notify_sessions(event.user, all, messages::role_changed{{}, event.role});
}

task<messages::sessions_notified>
directory_state::on_subscription_changed(messages::user_subscription_changed event) {
  return notify_sessions(event.user, all,
                         messages::subscription_changed{{}, event.tier, event.status});
}

template <class Event>
task<messages::done> directory_state::notify_session(session_id id, Event event) {
  const auto found = sessions.find(id);
  if (found == sessions.end() || !found->second.actor) co_return messages::done{};
  const auto reply = co_await ask_raw(found->second.actor, std::move(event));
  if (!reply && !is_gone(reply.error())) co_return to_failure(reply.error());
  co_return messages::done{};
}

// -- of other services ---------------------------------------------------------------------

namespace {

/// What a session must have and another service does not know.
void complete(session_record& wanted, time_point now) {
  if (wanted.salt.empty()) wanted.salt = random_bytes(32);
  if (wanted.created_at == time_point{}) wanted.created_at = now;
  if (wanted.rotated_at == time_point{}) wanted.rotated_at = wanted.created_at;
  if (wanted.last_seen_at == time_point{}) wanted.last_seen_at = now;
}

storage::unit sync_unit(const messages::sync_session& request, bool ends, time_point now) {
  const auto& wanted = request.session;
  auto audited =
      audit_entry(ends ? "session.sync_ended" : "session.synced",
                  ends ? "a service says that it has ended"
                       : "a service says that it lives until " + to_rfc3339(wanted.expires_at),
                  now, messages::author{request.client, request.by}, wanted.user);
  audited.session = wanted.id;
  storage::unit unit;
  if (ends)
    unit.facts.emplace_back(
        storage::end_session{wanted.id, now, std::string{to_string(end_reason::synced)}});
  else
    unit.facts.emplace_back(storage::upsert_session{wanted});
  unit.facts.emplace_back(storage::add_audit{std::move(audited)});
  return unit;
}

} // namespace

task<messages::done> directory_state::on_sync_session(messages::sync_session request) {
  const auto id = request.session.id;
  const bool ends = !request.is_active || request.session.expires_at <= env->now();
  if (ends) {
    // The user of a session never changes, so the row may be read first.
    const messages::read_session question{id, request.deadline};
    const auto stored = co_await ask(env->reader_for(id), question);
    // AUTH003: there is no such session, so nothing is left to end; but whoever has removed it may
    // not have told all members yet.
    if (!stored && stored.error().code == error_code::token_invalid) {
      messages::user_sessions_changed event{request.session.user, id, end_reason::synced};
      co_return co_await announce(*env, std::move(event));
    }
    if (!stored) co_return stored.error();
    if (stored->user != request.session.user) co_return fail(error_code::token_invalid);
  } else {
    complete(request.session, env->now());
  }
  messages::commit commit{sync_unit(request, ends, env->now()), request.deadline};
  const auto written = co_await ask(env->writer_for(id), std::move(commit));
  if (!written && written.error().code != error_code::outcome_unknown) co_return written.error();
  if (is_loading_session(id)) begin(load_session(id)); // what is being read may be older
  if (!written) {
    messages::outcome_in_doubt in_doubt{end_reason::synced};
    co_await notify_session(id, std::move(in_doubt));
    co_return written.error();
  }
  if (ends) {
    messages::session_ended ended{id, end_reason::synced};
    const auto notified = co_await notify_session(id, std::move(ended));
    if (!notified) co_return notified.error();
    messages::user_sessions_changed event{request.session.user, id, end_reason::synced};
    co_return co_await announce(*env, std::move(event));
  }
  const auto& wanted = request.session;
  messages::session_synced synced{wanted.expires_at, wanted.last_seen_at, wanted.user_agent};
  const auto notified = co_await notify_session(id, std::move(synced));
  if (!notified) co_return notified.error();
  messages::user_sessions_changed event{wanted.user, id, end_reason::synced};
  co_return co_await announce(*env, std::move(event));
}

} // namespace latchkey
