// watch.cpp — those who hold live sockets of a session, and what they hear of it.
//
// An end is a fact for them before it is an answer: whoever asked for it, or found it, is
// answered when no socket of the session is open any more. One that is gone has none.
#include "actors/session/session.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

caf::result<messages::validation> session_state::on_watch(messages::watch& request) {
  const bool will_tell = !leaving && alive();
  if (will_tell && std::find(watchers.begin(), watchers.end(), request.registry) == watchers.end())
    watchers.push_back(std::move(request.registry));
  messages::validate use{request.counter};
  return on_validate(use);
}

void session_state::on_unwatch(messages::unwatch& request) {
  std::erase(watchers, request.registry);
  last_used = env->steady_now(); // until now
}

caf::result<messages::validation> session_state::on_use_ticket(messages::use_ticket& ticket) {
  if (leaving) return gone();
  const auto now = env->now();
  std::erase_if(used_tickets, [now](const auto& used) { return used.until <= now; });
  const auto is_it = [&](const auto& used) { return used.number == ticket.number; };
  const bool is_used = std::any_of(used_tickets.begin(), used_tickets.end(), is_it);
  if (is_used || ticket.until <= now || !alive()) return to_error(error_code::token_invalid);
  used_tickets.push_back(ticket);
  messages::validate use;
  return on_validate(use);
}

void session_state::mark_ended(const std::string& reason, std::function<void()> done) {
  if (!std::exchange(ended, true))
    self->delayed_send(self, ended_idle, messages::sweep{env->steady_now() + ended_idle});
  notify_watchers(reason, std::move(done));
}

void session_state::notify_watchers(const std::string& reason, std::function<void()> done) {
  for (const auto& watcher : std::exchange(watchers, {})) {
    ++pending_acks;
    self->request(watcher, no_timeout, messages::session_ended{record.id, reason})
        .then([this](messages::done&) { on_ack(); }, [this](caf::error&) { on_ack(); });
  }
  if (pending_acks == 0) return done();
  waiting_for_acks.push_back(std::move(done));
}

void session_state::on_ack() {
  if (--pending_acks > 0) return;
  for (auto& done : std::exchange(waiting_for_acks, {}))
    done();
}

void session_state::take_role(std::string role) {
  if (role == record.user_role) return;
  record.user_role = std::move(role);
  for (const auto& watcher : watchers)
    self->send(watcher, messages::role_changed{record.id, record.user_role});
}

caf::result<messages::done>
session_state::on_subscription_changed(messages::subscription_changed& told) {
  for (const auto& watcher : watchers)
    self->send(watcher, messages::subscription_changed{record.id, told.tier, told.status});
  return messages::done{};
}

} // namespace latchkey
