#include "gateway/live/socket_registry.hpp"

#include "actors/base/behave.hpp"
#include "config/descriptors.hpp"
#include "gateway/live/live_connection.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gateway {
namespace {

using messages::done;
using messages::socket_counts;
using messages::statuses_delivered;

constexpr std::chrono::seconds looks_around_every{1};

constexpr std::string_view types_received[] = {"ping",   "authenticate",    "start_workflow",
                                               "resume", "cancel_workflow", "other"};
constexpr std::string_view types_sent[] = {"pong",
                                           "ack",
                                           "error",
                                           "workflow_status",
                                           "session_revoked",
                                           "session_expiring",
                                           "permissions_changed",
                                           "subscription_changed"};

std::size_t sockets_max_of(const settings& configured) {
  if (configured.ws_sockets_max > 0) return configured.ws_sockets_max;
  return connections_by_default();
}

ws::socket_limits limits_of(const settings& configured) {
  ws::socket_limits out;
  out.ping_every = std::chrono::seconds{configured.ws_ping_interval_s};
  return out;
}

/// Names a workflow on a socket, for the queue.
ws::outgoing_queue::workflow_number number_of(const workflow_id& id) {
  return std::hash<workflow_id>{}(id) | 1U; // 0: none
}

} // namespace

/// The actor that sessions and workflows speak to.
class socket_registry::mailbox final : public reactor_actor {
public:
  mailbox(caf::actor_config& cfg, reactor& home, socket_registry* owner)
      : reactor_actor(cfg, home), owner_(owner) {}

  const char* name() const override { return "socket_registry"; }

  caf::behavior answers() override {
    return {[this](messages::session_ended& event) -> caf::result<messages::done> {
              promise<messages::done> answer{this};
              owner_->on_session_ended(event, [this, answer] {
                speak();
                answer.deliver(messages::done{});
              });
              return answer;
            },
            [this](messages::role_changed& event) { owner_->on_role(event); },
            [this](messages::subscription_changed& event) { owner_->on_subscription(event); },
            [this](messages::workflow_statuses& event) -> caf::result<statuses_delivered> {
              promise<statuses_delivered> answer{this};
              owner_->on_workflow_statuses(event, [this, answer](statuses_delivered receipt) {
                speak();
                answer.deliver(std::move(receipt));
              });
              return answer;
            },
            [this](messages::count_sockets& question) -> caf::result<socket_counts> {
              return socket_counts{owner_->count(question.sessions)};
            }};
  }

  template <class Handle, class Message>
  void tell(const Handle& receiver, Message message) {
    speak();
    send(receiver, std::move(message));
  }

private:
  socket_registry* owner_;
};

socket_registry::socket_registry(caf::actor_system& system, reactor_edge& edge)
    : edge_(edge), home_(edge.home().timers(), limits_of(edge.configured()),
                         edge.env().counts->statuses_overtaken),
      sockets_max_(sockets_max_of(edge.configured())) {
  auto& counts = *edge.env().counts;
  for (const auto type : types_received)
    received_.emplace_back(type, &counts.live_messages_heard(type));
  for (const auto type : types_sent)
    sent_.emplace_back(type, &counts.live_messages_said(type));
  caf::actor_config config{&edge.home()};
  auto made = system.spawn_class<mailbox, caf::no_spawn_options>(config, edge.home(), this);
  mailbox_owner_ = caf::actor_cast<caf::strong_actor_ptr>(made);
  mailbox_ = static_cast<mailbox*>(caf::actor_cast<caf::abstract_actor*>(mailbox_owner_));
  handle_ = caf::actor_cast<socket_registry_actor>(mailbox_owner_);
  roles_version_ = edge.env().book->version();
}

socket_registry::~socket_registry() = default;

void socket_registry::shut() {
  is_stopping_ = is_shut_ = true;
  looks_around_.cancel();
  while (!clients_.empty()) {
    const auto client = clients_.begin()->second;
    client->cut_off();
  }
  // Sessions that still wait for our word hear that we are gone, which counts.
  mailbox_->close();
}

// -- coming and going ------------------------------------------------------------------------

result<socket_registry::slot> socket_registry::take_slot(const session_id& id) {
  const auto open = static_cast<std::size_t>(edge_.env().counts->live_sockets.value());
  if (is_stopping_ || open + slots_ >= sockets_max_) return fail(error_code::overloaded);
  auto& session = sessions_[id];
  if (!session) {
    session = std::make_unique<live_session>();
    session->id = id;
  }
  const auto taken = session->sockets.size() + session->splices.size() + session->slots;
  if (taken >= edge_.configured().ws_sockets_per_session)
    return fail(error_code::overloaded, "session", "has as many sockets as are allowed");
  ++session->slots;
  ++slots_;
  return slot{*this, id};
}

void socket_registry::give_back(const session_id& id) {
  --slots_;
  --sessions_.at(id)->slots;
  forget_if_unused(id);
}

void socket_registry::forget_if_unused(const session_id& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto& session = *found->second;
  if (session.slots > 0 || !session.sockets.empty() || !session.splices.empty()) return;
  // It may be watched again meanwhile, which this must not undo.
  if (!session.is_over && !is_shut_)
    edge_.actors().unwatch_session(id, messages::unwatch{handle_},
                                   [this, id] { return knows(id); });
  sessions_.erase(found);
}

/// As it is known now that it has a socket.
live_session& socket_registry::session_of(const principal& caller) {
  auto& session = *sessions_.at(caller.session);
  session.user = caller.user;
  session.user_number = caller.user_number;
  // A change that came since the question is newer.
  if (session.role.empty()) session.role = caller.role;
  if (!session.permissions) session.permissions = edge_.roles().permissions_of(session.role);
  if (!looks_around_.scheduled()) schedule_look_around();
  return session;
}

void socket_registry::open(slot taken_slot, http::taken_connection&& connection,
                           const principal& caller) {
  // A connection whose session has ended since is closed as it goes out of scope.
  if (taken_slot.is_closed()) return;
  auto& session = session_of(caller);
  const auto number = ++last_number_;
  auto client = std::make_shared<live_connection>(*this, number, session, std::move(connection));
  session.sockets.push_back(client.get());
  clients_.emplace(number, client);
  edge_.env().counts->live_sockets.add(1);
  client->set_expiry(caller.expires_at);
  client->start();
}

awaitable<result<messages::validation>>
socket_registry::watch(session_id session, reactor_edge::deadline_point deadline,
                       std::uint64_t counter) {
  const messages::watch question{handle_, counter};
  co_return co_await edge_.ask_session(session, question, deadline);
}

void socket_registry::splice_begun(const principal& caller, std::string permission,
                                   std::uint64_t number) {
  session_of(caller).splices.push_back(number);
  const auto& env = edge_.env();
  const auto left = time_point{std::chrono::seconds{caller.expires_at}} - env.now();
  splices_.emplace(number,
                   passed_socket{caller.session, env.steady_now() + left, std::move(permission)});
}

void socket_registry::splice_ended(const session_id& id, std::uint64_t number) {
  splices_.erase(number);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  std::erase(found->second->splices, number);
  forget_if_unused(id);
}

void socket_registry::closed(live_connection& client) {
  auto& session = client.session();
  std::erase(session.sockets, &client);
  forget_if_unused(session.id);
  clients_.erase(client.number());
  edge_.env().counts->live_sockets.add(-1);
  if (is_stopping_ && clients_.empty())
    if (auto done = std::exchange(stopped_, nullptr)) done();
}

void socket_registry::stop(std::function<void()> done) {
  is_stopping_ = true;
  home_.stop();
  edge_.splices().end_all();
  if (clients_.empty()) return done();
  stopped_ = std::move(done);
  std::vector<std::shared_ptr<live_connection>> all;
  for (const auto& [number, client] : clients_)
    all.push_back(client);
  for (const auto& client : all)
    client->close(ws::close_code::going_away, "the server stops");
}

live_connection* socket_registry::find(socket_number number) {
  const auto found = clients_.find(number);
  return found == clients_.end() ? nullptr : found->second.get();
}

// -- what clients say and hear ---------------------------------------------------------------

void socket_registry::finish(socket_number number, std::string_view type, ws::frame answer) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  const auto client = found->second;
  if (answer) say(*client, type, std::move(answer));
  client->finish();
}

void socket_registry::say(live_connection& client, std::string_view type, ws::frame frame,
                          std::uint64_t status_of) {
  if (!client.is_open()) return;
  count_of(sent_, type).add();
  client.send(std::move(frame), status_of);
}

counter& socket_registry::count_of(const message_counts& counts, std::string_view type) {
  for (const auto& [name, count] : counts)
    if (name == type) return *count;
  return *counts.back().second;
}

// -- what the mailbox takes -------------------------------------------------------------------

void socket_registry::on_session_ended(const messages::session_ended& event,
                                       std::function<void()> done) {
  const auto found = sessions_.find(event.session);
  if (found == sessions_.end()) return done();
  auto& session = *found->second;
  session.is_over = true;
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

namespace {

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

void socket_registry::on_workflow_statuses(const messages::workflow_statuses& event,
                                           std::function<void(statuses_delivered)> done) {
  const auto answer = std::make_shared<closed_sockets>(std::move(done));
  std::vector<ws::frame> frames;
  for (const auto& status : event.statuses)
    frames.push_back(live::status(event, status));
  const auto number = number_of(event.workflow);
  for (const auto socket : event.sockets) {
    const auto found = clients_.find(socket);
    const auto client = found == clients_.end() ? nullptr : found->second;
    if (client)
      for (const auto& frame : frames)
        say(*client, "workflow_status", frame, number);
    if (!client || !client->is_open())
      answer->receipt.closed.push_back(socket);
    else if (event.is_replay)
      client->when_sent([weak = std::weak_ptr{client}, socket, answer] {
        const auto still = weak.lock();
        if (!still || !still->is_open()) answer->receipt.closed.push_back(socket);
      });
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

void socket_registry::schedule_look_around() {
  edge_.home().timers().schedule(looks_around_, looks_around_every);
}

void socket_registry::look_around() {
  if (clients_.empty() && splices_.empty()) return; // the next one to come begins anew
  look_at_roles();
  end_splices_that_may_not();
  schedule_look_around();
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
