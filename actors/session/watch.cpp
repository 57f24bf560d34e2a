// watch.cpp — those who hold live sockets of a session, and what they hear of it.
//
// An end is a fact for them before it is an answer: whoever asked for it, or found it, is
// answered when no socket of the session is open any more. A registry that is gone has none.
#include "actors/session/session.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

caf::result<messages::validation> session_state::on_watch(messages::watch& request) {
  if (is_leaving()) return gone();
  if (needs_row(request.counter))
    return answer_with(this, when_read(&session_state::watch_now, std::move(request)));
  return watch_now(request);
}

caf::result<messages::validation> session_state::watch_now(messages::watch& request) {
  const bool will_tell = alive();
  if (will_tell && std::find(watchers.begin(), watchers.end(), request.registry) == watchers.end())
    watchers.push_back(std::move(request.registry));
  messages::validate use{request.counter};
  return validate_now(use);
}

void session_state::on_unwatch(messages::unwatch& request) {
  std::erase(watchers, request.registry);
  last_used = env->steady_now(); // until now
}

task<messages::validation> session_state::on_use_ticket(messages::use_ticket ticket) {
  if (needs_row(0)) {
    const auto read = co_await reread();
    if (!read) co_return read.error();
  }
  const auto now = env->now();
  if (ticket.until <= now || !alive()) co_return fail(error_code::token_invalid);
  // In the store, so that it works once whichever node it is shown to, and after a restart.
  storage::unit unit{{storage::spend_ticket{record.id, ticket.number, ticket.until, now}}};
  messages::commit message{std::move(unit), env->steady_now() + env->policy.internal_deadline};
  const auto spent = co_await ask(env->writer_for(record.id), std::move(message));
  if (!spent) co_return spent.error();
  messages::validate use;
  co_return to_result(validate_now(use)); // which may have ended meanwhile
}

task<> session_state::mark_ended(end_reason reason) {
  if (std::exchange(status, life::ended) == life::live)
    self->delayed_send(self, ended_idle, messages::sweep{env->steady_now() + ended_idle});
  return notify_watchers(reason);
}

task<> session_state::notify_watchers(end_reason reason) {
  const auto registries = std::exchange(watchers, {});
  ++notifying_;
  const messages::session_ended event{record.id, reason};
  (void)co_await ask_all(registries, event);
  // Others were told before and have not answered yet.
  if (--notifying_ == 0)
    notified_.complete(messages::done{});
  else
    (void)co_await notified_.wait();
}

void session_state::take_role(std::string role) {
  if (role == record.user_role) return;
  record.user_role = std::move(role);
  for (const auto& watcher : watchers)
    self->send(watcher, messages::role_changed{record.id, record.user_role});
}

caf::result<messages::done>
session_state::on_subscription_changed(messages::subscription_changed& event) {
  for (const auto& watcher : watchers)
    self->send(watcher, messages::subscription_changed{record.id, event.tier, event.status});
  return messages::done{};
}

} // namespace latchkey
