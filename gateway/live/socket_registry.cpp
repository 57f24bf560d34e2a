#include "gateway/live/socket_registry.hpp"

#include "actors/base/behave.hpp"
#include "config/descriptors.hpp"
#include "gateway/live/live_connection.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace latchkey::gateway {
namespace {

using messages::done;
using messages::socket_counts;
using messages::statuses_delivered;

constexpr std::string_view types_received[] = {"ping",   "authenticate",    "start_workflow",
                                               "resume", "cancel_workflow", "other"};
constexpr std::string_view types_sent[] = {"pong",
                                           "ack",
                                           "error",
                                           "workflow_status",
                                           "session_revoked",
                                           "session_expiring",
                                           "permissions_changed",
                                           "subscription_changed",
                                           "server_stopping"};

/// Clients of a server that stops come back within this time, not all at once.
constexpr std::chrono::milliseconds reconnect_spread{2000};

std::size_t sockets_max_of(const settings& configured) {
  if (configured.ws_sockets_max > 0) return configured.ws_sockets_max;
  return connections_by_default();
}

ws::socket_limits limits_of(const settings& configured) {
  ws::socket_limits out;
  out.ping_every = std::chrono::seconds{configured.ws_ping_interval_s};
  return out;
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
    received_.emplace_back(type, &counts.live_messages_received(type));
  for (const auto type : types_sent)
    sent_.emplace_back(type, &counts.live_messages_sent(type));
  caf::actor_config config{&edge.home()};
  auto made = system.spawn_class<mailbox, caf::no_spawn_options>(config, edge.home(), this);
  mailbox_owner_ = caf::actor_cast<caf::strong_actor_ptr>(made);
  mailbox_ = static_cast<mailbox*>(caf::actor_cast<caf::abstract_actor*>(mailbox_owner_));
  handle_ = caf::actor_cast<socket_registry_actor>(mailbox_owner_);
  roles_version_ = edge.env().book->version();
}

socket_registry::~socket_registry() = default;

void socket_registry::shut() {
  life_ = life::shut;
  looks_around_.cancel();
  for (auto& [id, session] : sessions_)
    drop_doubt(*session);
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
  if (!is_open() || open + slots_ >= sockets_max_) return fail(error_code::overloaded);
  auto& session = sessions_[id];
  if (!session) {
    session = std::make_unique<live_session>();
    session->id = id;
    session->known_in = edge_.env().trust->epoch(); // it is asked after this
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
  auto& session = *found->second;
  if (session.slots > 0 || !session.sockets.empty() || !session.splices.empty()) return;
  // It may be watched again meanwhile, which this must not undo.
  if (!session.is_over && life_ != life::shut)
    edge_.actors().unwatch_session(id, messages::unwatch{handle_},
                                   [this, id] { return knows(id); });
  drop_doubt(session);
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
  if (!looks_around_.scheduled()) schedule_look_around(looks_around_every);
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
  if (!is_open() && clients_.empty())
    if (auto done = std::exchange(stopped_, nullptr)) done();
}

void socket_registry::stop(std::function<void()> done) {
  life_ = life::stopping;
  home_.stop();
  edge_.splices().end_all();
  if (clients_.empty()) return done();
  stopped_ = std::move(done);
  std::vector<std::shared_ptr<live_connection>> all;
  for (const auto& [number, client] : clients_)
    all.push_back(client);
  std::minstd_rand chance{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> spread{0, reconnect_spread.count()};
  for (const auto& client : all) {
    say_now(*client, "server_stopping",
            live::server_stopping(std::chrono::milliseconds{spread(chance)}));
    client->close(ws::close_code::going_away, "the server stops");
  }
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

void socket_registry::say(live_connection& client, std::string_view type, ws::frame frame) {
  if (believes(client.session())) return say_now(client, type, std::move(frame));
  when_believed(client.session(), [this, number = client.number(), type = std::string{type},
                                   frame = std::move(frame)](bool is_alive) {
    auto* still = is_alive ? find(number) : nullptr;
    if (still != nullptr) say_now(*still, type, frame);
  });
}

void socket_registry::say_now(live_connection& client, std::string_view type, ws::frame frame,
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

} // namespace latchkey::gateway
