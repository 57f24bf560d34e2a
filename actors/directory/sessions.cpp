// sessions.cpp — sessions in memory and on their way there, and what becomes of them
// when the store has been told something about their user.
//
// A row that was read before a COMMIT must not become a session that lives after it. Whose
// session is being loaded is not known before it is read, so it is remembered whose sessions have
// ended, or have another role, while some are being loaded; a row of such a user is read again.
#include "actors/audit/audit_entry.hpp"
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
                        [this, id](std::uint64_t) { load_session(id); });
  return answer;
}

void directory_state::load_session(const session_id& id) {
  auto& resident = sessions[id];
  end_load(resident.load);
  const auto load = resident.load = ++loads;
  session_loads.insert(load);
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(id), no_timeout, messages::read_session{id, deadline})
      .then(
          [this, id, load](session_record& record) {
            if (!loading::is_loading(sessions, id, load)) return;
            if (was_told_since(record.user, load)) return load_session(id);
            session_loaded(id, std::move(record));
          },
          [this, id, load](caf::error& error) {
            if (loading::is_loading(sessions, id, load)) session_not_loaded(id, error);
          });
}

void directory_state::session_loaded(const session_id& id, session_record record) {
  if (record.ended_at || record.expires_at <= env->now())
    return session_not_loaded(id, to_error(error_code::token_invalid));
  const auto owner = record.user;
  auto& resident = sessions[id];
  end_load(resident.load);
  sessions_of.emplace(owner, id);
  resident.owner = owner;
  loading::loaded(sessions, id, self->spawn(session, std::move(record), env));
}

void directory_state::session_not_loaded(const session_id& id, const caf::error& error) {
  const auto& resident = sessions[id];
  end_load(resident.load);
  // One whose actor was found gone has stood in the index.
  sessions_of.erase({resident.owner, id});
  loading::not_loaded(sessions, id, error);
}

caf::result<session_actor> directory_state::on_adopt(messages::adopt_session& request) {
  const auto id = request.session.id;
  if (!sessions[id].actor) session_loaded(id, std::move(request.session));
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
  // What was told before the oldest load that is left is in its row.
  while (!told_users.empty() &&
         (session_loads.empty() || told_users.front().loads < *session_loads.begin()))
    told_users.pop_front();
}

bool directory_state::was_told_since(const user_id& user, std::uint64_t load) const {
  for (auto one = told_users.rbegin(); one != told_users.rend() && one->loads >= load; ++one)
    if (one->user == user) return true;
  return false;
}

// -- told ----------------------------------------------------------------------------------

template <class News>
void directory_state::tell_session(const session_id& id, const News& news, told done) {
  const auto found = sessions.find(id);
  if (found == sessions.end() || !found->second.actor) return done(nullptr);
  self->request(found->second.actor, no_timeout, news)
      .then([done](messages::done&) { done(nullptr); },
            [done](caf::error& error) { done(is_gone(error) ? nullptr : &error); });
}

template <class News>
caf::result<messages::sessions_notified>
directory_state::tell_sessions(const user_id& user, const std::optional<session_id>& keep,
                               News news) {
  struct round {
    promise<messages::sessions_notified> answer;
    std::size_t count = 0;
    std::size_t open = 1; // this loop
    void settle(const caf::error* error) {
      if (error != nullptr) answer.deliver(*error);
      if (--open == 0) answer.deliver(messages::sessions_notified{count});
    }
  };
  if (!session_loads.empty()) told_users.push_back({user, loads});
  promise<messages::sessions_notified> answer{self};
  auto all = std::make_shared<round>(round{answer});
  for (auto at = sessions_of.lower_bound({user, session_id{}});
       at != sessions_of.end() && at->first == user; ++at) {
    if (keep && at->second == *keep) continue;
    ++all->count;
    ++all->open;
    news.session = at->second;
    tell_session(at->second, news, [all](const caf::error* error) { all->settle(error); });
  }
  all->settle(nullptr);
  return answer;
}

caf::result<messages::sessions_notified>
directory_state::on_sessions_ended(messages::user_sessions_ended& news) {
  return tell_sessions(news.user, news.keep, messages::session_ended{{}, news.reason});
}

caf::result<messages::sessions_notified>
directory_state::on_role_changed(messages::user_role_changed& news) {
  return tell_sessions(news.user, std::nullopt, messages::role_changed{{}, news.role});
}

caf::result<messages::sessions_notified>
directory_state::on_subscription_changed(messages::user_subscription_changed& news) {
  return tell_sessions(news.user, std::nullopt,
                       messages::subscription_changed{{}, news.tier, news.status});
}

// -- of other services ---------------------------------------------------------------------

caf::result<messages::done> directory_state::on_sync_session(messages::sync_session& request) {
  promise<messages::done> answer{self};
  auto& wanted = request.session;
  const auto now = env->now();
  if (!request.is_active || wanted.expires_at <= now) {
    sync_end(request, answer);
    return answer;
  }
  // What a session must have and another service does not know.
  if (wanted.salt.empty()) wanted.salt = random_bytes(32);
  if (wanted.created_at == time_point{}) wanted.created_at = now;
  if (wanted.rotated_at == time_point{}) wanted.rotated_at = wanted.created_at;
  if (wanted.last_seen_at == time_point{}) wanted.last_seen_at = now;
  write_sync(request, storage::upsert_session{wanted}, answer);
  return answer;
}

void directory_state::sync_end(const messages::sync_session& request,
                               const promise<messages::done>& answer) {
  // Whose it is never changes, so it may be looked up first.
  const auto id = request.session.id;
  self->request(env->reader_for(id), no_timeout, messages::read_session{id, request.deadline})
      .then(
          [this, request, answer, id](session_record& stored) {
            if (stored.user != request.session.user) return answer.fail(error_code::token_invalid);
            write_sync(request, storage::end_session{id, env->now(), end_reason::synced}, answer);
          },
          [answer](caf::error& error) {
            // AUTH003: there is none, so nothing is left to end.
            if (to_failure(error).code == error_code::token_invalid)
              return answer.deliver(messages::done{});
            answer.deliver(error);
          });
}

void directory_state::write_sync(const messages::sync_session& request, storage::fact what,
                                 const promise<messages::done>& answer) {
  const auto& wanted = request.session;
  const bool ends = std::holds_alternative<storage::end_session>(what);
  auto audited =
      audit_entry(ends ? "session.sync_ended" : "session.synced",
                  ends ? "a service says that it has ended"
                       : "a service says that it lives until " + to_rfc3339(wanted.expires_at),
                  env->now(), messages::author{request.client, request.by}, wanted.user);
  audited.session = wanted.id;
  storage::unit unit{{std::move(what), storage::add_audit{std::move(audited)}}};
  self->request(env->writer_for(wanted.id), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [this, answer, ends, wanted](storage::written&) {
            const auto done = [answer](const caf::error* error) {
              if (error != nullptr) return answer.deliver(*error);
              answer.deliver(messages::done{});
            };
            if (is_loading_session(wanted.id)) load_session(wanted.id);
            if (ends)
              return tell_session(wanted.id, messages::session_ended{wanted.id, end_reason::synced},
                                  done);
            tell_session(
                wanted.id,
                messages::session_synced{wanted.expires_at, wanted.last_seen_at, wanted.user_agent},
                done);
          },
          [this, answer, id = wanted.id](caf::error& error) {
            if (to_failure(error).code != error_code::outcome_unknown) return answer.deliver(error);
            if (is_loading_session(id)) load_session(id);
            tell_session(id, messages::outcome_in_doubt{end_reason::synced},
                         [answer, error](const caf::error*) { answer.deliver(error); });
          });
}

} // namespace latchkey
