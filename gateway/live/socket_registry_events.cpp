// socket_registry_events.cpp — what a socket registry learns, by messages and by looking around.
#include "gateway/live/live_connection.hpp"
#include "gateway/live/socket_registry.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

using messages::statuses_delivered;

/// When there is more to look at than was begun with.
constexpr std::chrono::milliseconds looks_around_again{20};

/// Names a workflow on a socket, for the queue.
ws::outgoing_queue::workflow_number number_of(const workflow_id& id) {
  return std::hash<workflow_id>{}(id) | 1U; // 0: none
}

/// Sockets that have closed; reported when the last holder lets go.
struct closed_sockets {
  explicit closed_sockets(std::function<void(statuses_delivered)> tell) : done(std::move(tell)) {}
  ~closed_sockets() { done(std::move(receipt)); }
  closed_sockets(const closed_sockets&) = delete;
  closed_sockets& operator=(const closed_sockets&) = delete;

  statuses_delivered receipt;
  std::function<void(statuses_delivered)> done;
};

} // namespace

// -- what the mailbox takes -------------------------------------------------------------------

void socket_registry::on_session_ended(const messages::session_ended& event,
                                       std::function<void()> done) {
  const auto found = sessions_.find(event.session);
  if (found == sessions_.end()) return done();
  auto& session = *found->second;
  session.is_over = true;
  drop_doubt(session);
  // The answer goes out when the last of them has nothing more to send.
  const std::shared_ptr<void> last{nullptr, [done = std::move(done)](void*) { done(); }};
  for (const auto number : session.splices) // each tells its end later, by splice_ended
    edge_.splices().end(number);
  const auto farewell = live::session_revoked(to_string(event.reason));
  std::vector<std::shared_ptr<live_connection>> all;
  for (auto* client : session.sockets)
    all.push_back(clients_.at(client->number()));
  for (const auto& client : all) {
    count_of(sent_, "session_revoked").add();
    client->end(farewell, ws::close_code::revoked, "session revoked", [last] {});
  }
}

void socket_registry::on_role(const messages::role_changed& event) {
  const auto found = sessions_.find(event.session);
  if (found == sessions_.end()) return;
  if (found->second->role == event.role) return;
  found->second->role = event.role;
  tell_permissions(*found->second);
  end_splices_that_may_not();
}

void socket_registry::tell_permissions(live_session& session) {
  session.permissions = edge_.roles().permissions_of(session.role);
  const auto frame = live::permissions_changed(session.role, *session.permissions);
  tell_session(session, "permissions_changed", frame);
}

void socket_registry::on_subscription(const messages::subscription_changed& event) {
  const auto found = sessions_.find(event.session);
  if (found == sessions_.end()) return;
  tell_session(*found->second, "subscription_changed",
               live::subscription_changed(event.tier, event.status));
}

void socket_registry::tell_session(const live_session& session, std::string_view type,
                                   const ws::frame& frame) {
  // A socket that is too slow for it is closed meanwhile, and the last one ends the session here.
  std::vector<std::shared_ptr<live_connection>> all;
  for (auto* client : session.sockets)
    all.push_back(clients_.at(client->number()));
  for (const auto& client : all)
    say(*client, type, frame);
}

void socket_registry::on_workflow_statuses(const messages::workflow_statuses& event,
                                           std::function<void(statuses_delivered)> done) {
  const auto answer = std::make_shared<closed_sockets>(std::move(done));
  std::vector<ws::frame> frames;
  for (const auto& status : event.statuses)
    frames.push_back(live::status(event, status));
  const auto number = number_of(event.workflow);
  const auto tell = [=, this, is_replay = event.is_replay](std::uint64_t socket) {
    const auto found = clients_.find(socket);
    const auto client = found == clients_.end() ? nullptr : found->second;
    if (client)
      for (const auto& frame : frames)
        say_now(*client, "workflow_status", frame, number);
    if (!client || !client->is_open())
      answer->receipt.closed.push_back(socket);
    else if (is_replay)
      client->when_sent([weak = std::weak_ptr{client}, socket, answer] {
        const auto still = weak.lock();
        if (!still || !still->is_open()) answer->receipt.closed.push_back(socket);
      });
  };
  for (const auto socket : event.sockets) {
    auto* client = find(socket);
    if (client == nullptr || believes(client->session()))
      tell(socket);
    else // a session that has ended has no socket
      when_believed(client->session(), [tell, socket](bool) { tell(socket); });
  }
}

std::vector<std::size_t> socket_registry::count(const std::vector<session_id>& sessions) const {
  std::vector<std::size_t> out;
  out.reserve(sessions.size());
  for (const auto& id : sessions) {
    const auto found = sessions_.find(id);
    out.push_back(found == sessions_.end() ? 0 : found->second->sockets.size());
  }
  return out;
}

// -- what nobody tells: roles that were changed themselves, tokens of passed-on sockets --------

void socket_registry::turn::on_expired(timer_wheel::entry& e) noexcept {
  static_cast<turn&>(e).owner.look_around();
}

void socket_registry::schedule_look_around(std::chrono::milliseconds after) {
  edge_.home().timers().schedule(looks_around_, after);
}

void socket_registry::look_around() {
  if (clients_.empty() && splices_.empty()) return; // the next one to come begins anew
  look_at_roles();
  end_splices_that_may_not();
  const bool is_more = look_at_doubted();
  schedule_look_around(is_more ? looks_around_again : looks_around_every);
}

void socket_registry::look_at_roles() {
  const auto version = edge_.env().book->version();
  if (std::exchange(roles_version_, version) == version) return;
  std::vector<session_id> changed;
  for (const auto& [id, session] : sessions_)
    if (session->permissions &&
        *session->permissions != *edge_.roles().permissions_of(session->role))
      changed.push_back(id);
  for (const auto& id : changed)
    if (const auto found = sessions_.find(id); found != sessions_.end())
      tell_permissions(*found->second);
}

void socket_registry::end_splices_that_may_not() {
  const auto now = edge_.env().steady_now();
  std::vector<std::uint64_t> over;
  for (const auto& [number, passed] : splices_) {
    const auto& session =
        *sessions_.at(passed.session); // which has it until the end of the splice is reported
    const bool may = passed.permission.empty() || session.permissions->has(passed.permission);
    if (!may || now >= passed.end) over.push_back(number);
  }
  for (const auto number : over)
    edge_.splices().end(number);
}

} // namespace latchkey::gateway
