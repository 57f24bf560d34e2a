// socket_registry.hpp — the live sockets of a reactor: which session each belongs to, and the
// messages to and from it. Sessions and workflows know its actor (`socket_registry_actor`), which
// names sockets by number.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/live/frames.hpp"
#include "gateway/live/ws/live_socket.hpp"
#include "gateway/live/ws/socket_home.hpp"
#include "gateway/reactor/reactor_actor.hpp"
#include "gateway/reactor/timer_wheel.hpp"
#include "gateway/request/reactor_edge.hpp"
#include "protocol/interfaces.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace latchkey::gateway {

class live_connection; // live_connection.hpp

/// What waits for a look at the store, for the session may have ended. Each is called once, with
/// whether it lives.
struct doubted {
  using told = std::function<void(bool is_alive)>;
  std::vector<told> asked;   // before the look that is under way
  std::vector<told> waiting; // since
  bool is_looking = false;
};

/// A session with sockets here, open or about to be.
struct live_session {
  session_id id;
  user_id user;
  std::int64_t user_number = 0;
  std::string role;
  std::shared_ptr<const permission_set> permissions;
  std::vector<live_connection*> sockets;
  std::vector<std::uint64_t> splices; // sockets that are passed through to upstreams
  std::size_t slots = 0;              // taken, their sockets not open yet
  std::uint64_t known_in = 0;         // the epoch in which it was last known (memory_trust)
  std::unique_ptr<doubted> doubt;
  bool is_over = false;
};

/// Everything here is used on the reactor's thread alone.
class socket_registry {
  /// By type, the last for all others; looked up once.
  using message_counts = std::vector<std::pair<std::string_view, counter*>>;

public:
  using socket_number = std::uint64_t;
  static constexpr std::chrono::milliseconds looks_around_every{1000};

  socket_registry(caf::actor_system& system, reactor_edge& edge);
  /// After `shut`, and when coroutines that ask through `edge` are gone.
  ~socket_registry();
  socket_registry(const socket_registry&) = delete;
  socket_registry& operator=(const socket_registry&) = delete;

  const socket_registry_actor& handle() const noexcept { return handle_; }
  reactor_edge& edge() noexcept { return edge_; }

  /// Room for one socket of a session. Taken before the session is asked whether it lives, so
  /// that the session's end finds the socket, however early it comes.
  class slot {
  public:
    slot() = default;
    slot(slot&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), session_(other.session_) {}
    slot& operator=(slot&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(session_, other.session_);
      return *this;
    }
    ~slot() {
      if (of_ != nullptr) of_->give_back(session_);
    }
    /// Whether the session has ended meanwhile.
    bool is_over() const { return of_->sessions_.at(session_)->is_over; }
    /// The same, or nothing is accepted any more.
    bool is_closed() const { return !of_->is_open() || is_over(); }

  private:
    friend class socket_registry;
    slot(socket_registry& of, const session_id& session) : of_(&of), session_(session) {}
    socket_registry* of_ = nullptr;
    session_id session_;
  };
  /// OVERLOADED when the server, or the session, has as many as it may.
  result<slot> take_slot(const session_id& session);

  /// Whether the session has a socket here, or room for one.
  bool knows(const session_id& session) const { return sessions_.contains(session); }

  /// The session's word that it lives, which then watches it for us. AUTH003.
  /// `counter`: of the access token that was shown and that nobody has validated yet.
  awaitable<result<messages::validation>>
  watch(session_id session, reactor_edge::deadline_point deadline, std::uint64_t counter = 0);

  /// A socket of `caller` is passed through to an upstream from now on, until `splice_ended`. It is
  /// ended with the session, and within two seconds when the token has expired or the role has
  /// lost the permission that the route asks for (empty: none).
  void splice_begun(const principal& caller, std::string permission, std::uint64_t number);
  void splice_ended(const session_id& session, std::uint64_t number);

  // -- while memory does not count (socket_registry_belief.cpp)
  /// Whether what this node remembers of the session and of its role is as the store has it.
  bool believes(const live_session& session) const;
  bool believes(const session_id& session) const;
  /// Calls `act` now, or once a look at the store that begins later has told whether it lives.
  void when_believed(live_session& session, doubted::told act);
  /// The same for a coroutine. False: it does not live, or has no socket here.
  awaitable<bool> is_believed(session_id session);

  /// The socket is open: `caller` has a session that watches us, and a token.
  void open(slot taken_slot, http::taken_connection&& connection, const principal& caller);

  /// Nothing is accepted any more; every socket is told (server_stopping) and closed (1001). Calls
  /// back when all are, or have been cut off.
  void stop(std::function<void()> done);

  /// Closes every socket at once; nothing is asked of `edge` any more.
  void shut();

  // -- what conversations need (gateway/live/conversation.cpp)
  /// nullptr when it has been closed.
  live_connection* find(socket_number number);
  /// A conversation has ended; `answer` is for the client, if it is still there.
  void finish(socket_number number, std::string_view type, ws::frame answer);

private:
  enum class life : unsigned char { open, stopping, shut };
  bool is_open() const noexcept { return life_ == life::open; }

  class mailbox;
  friend class live_connection;
  struct passed_socket {
    session_id session;
    time_point end; // of the token, by the steady clock
    std::string permission;
  };

  /// Once its session is believed.
  void say(live_connection& client, std::string_view type, ws::frame frame);
  void say_now(live_connection& client, std::string_view type, ws::frame frame,
               std::uint64_t status_of = 0);
  void tell_session(const live_session& session, std::string_view type, const ws::frame& frame);
  void count_received(std::string_view type) { count_of(received_, type).add(); }
  static counter& count_of(const message_counts& counts, std::string_view type);

  // -- what the mailbox takes
  void on_session_ended(const messages::session_ended& event, std::function<void()> done);
  void on_role(const messages::role_changed& event);
  void on_subscription(const messages::subscription_changed& event);
  void on_workflow_statuses(const messages::workflow_statuses& event,
                            std::function<void(messages::statuses_delivered)> done);
  std::vector<std::size_t> count(const std::vector<session_id>& sessions) const;

  void look_at(live_session& session);
  awaitable<> look(session_id session);
  void looked(const session_id& session, std::uint64_t epoch,
              const result<messages::validation>& said);
  void go_on_after_look(const session_id& session);
  static void drop_doubt(live_session& session);
  /// At some of the sessions that are not believed: after a gap, or because somebody waits. Whether
  /// there are more.
  bool look_at_doubted();

  void give_back(const session_id& session);
  void forget_if_unused(const session_id& session);
  void closed(live_connection& client);
  live_session& session_of(const principal& caller);
  void tell_permissions(live_session& session);
  void look_around();
  void look_at_roles();
  void end_splices_that_may_not();
  void schedule_look_around(std::chrono::milliseconds after);

  struct turn : timer_wheel::entry {
    explicit turn(socket_registry& of) : entry(&turn::on_expired), owner(of) {}
    static void on_expired(timer_wheel::entry& e) noexcept;
    socket_registry& owner;
  };

  reactor_edge& edge_;
  ws::socket_home home_;
  caf::strong_actor_ptr mailbox_owner_;
  mailbox* mailbox_;
  socket_registry_actor handle_;
  std::unordered_map<socket_number, std::shared_ptr<live_connection>> clients_;
  std::unordered_map<session_id, std::unique_ptr<live_session>> sessions_;
  std::unordered_map<std::uint64_t, passed_socket> splices_;
  socket_number last_number_ = 0;
  std::size_t slots_ = 0;
  std::size_t sockets_max_; // of all reactors
  message_counts received_;
  message_counts sent_;
  std::uint64_t roles_version_ = 0;
  turn looks_around_{*this}; // while there are sockets
  std::function<void()> stopped_;
  life life_ = life::open;
};

} // namespace latchkey::gateway
