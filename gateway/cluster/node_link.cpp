#include "gateway/cluster/node_link.hpp"

#include "config/log.hpp"
#include "gateway/cluster/link_connection.hpp"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace latchkey::gateway {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using http::tcp;
using http::tcp_socket;
using link_io::connection_ptr;
using link_io::greeter_of;
using link_io::greeting;
using link_io::limit_to;
using link_io::read_frame;
using link_io::write_text;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, reactor_executor>;
using tcp_resolver = asio::ip::basic_resolver<tcp, reactor_executor>;
using link_io::timer;

/// Until both have greeted each other.
constexpr auto greeting_time_max = 3s;
/// Promises are asked for far more often.
constexpr auto silence_max = 5s;
constexpr auto dial_pause = 100ms;
constexpr auto stranger_told_every = 10s;
/// Connections that have not greeted yet, beyond which new ones are closed.
constexpr std::size_t strangers_max = 32;
/// Waiting to be sent to one member.
constexpr std::size_t queue_bytes_max = 8U << 20U;

/// Host and port of "host:port", "[::1]:port".
std::pair<std::string, std::string> parts_of(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return {address, {}};
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

} // namespace

/// Everything here is on the hub's own thread, once that runs.
class node_link::hub {
public:
  explicit hub(node_link_options options)
      : options_(std::move(options)), acceptor_(io_.get_executor()) {}
  ~hub() {
    guard_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  hub(const hub&) = delete;
  hub& operator=(const hub&) = delete;

  result<void> bind() {
    boost::system::error_code error;
    tcp_resolver resolver(io_.get_executor());
    const auto found = resolver.resolve(options_.host, std::to_string(options_.port),
                                        asio::ip::resolver_base::passive, error);
    if (!error && !found.empty()) {
      const auto endpoint = found.begin()->endpoint();
      acceptor_.open(endpoint.protocol(), error);
      if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
      if (!error) acceptor_.bind(endpoint, error);
      if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (!error) return {};
    return fail(error_code::internal_error, "CLUSTER_BIND",
                "cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " +
                    error.message());
  }

  std::uint16_t port() const noexcept {
    boost::system::error_code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

  void open(cluster_actor hears) {
    hears_ = std::move(hears);
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  template <class Work>
  void post(Work work) {
    asio::post(io_, std::move(work));
  }

  void keep(const member_id& to, const std::string& address) {
    auto& wanted = peers_[to];
    wanted.address = address;
    if (options_.self < to && wanted.dialled_in == 0) {
      wanted.dialled_in = ++dials_;
      asio::co_spawn(io_, dial(to, wanted.dialled_in), asio::detached);
    }
  }

  void drop(const member_id& to) {
    const auto found = peers_.find(to);
    if (found == peers_.end()) return;
    if (found->second.is) found->second.is->close();
    peers_.erase(found);
  }

  void send(const member_id& to, const std::string& frame) {
    const auto found = peers_.find(to);
    if (found == peers_.end() || !found->second.is) return;
    const auto on = found->second.is;
    auto text = link_io::framed(frame);
    on->queued += text.size();
    on->queue.push_back(std::move(text));
    if (on->queued > queue_bytes_max) return on->close();
    if (!std::exchange(on->is_writing, true)) asio::co_spawn(io_, write(on), asio::detached);
  }

private:
  struct peer {
    std::string address;
    connection_ptr is;            // null: there is none now
    std::uint64_t dialled_in = 0; // the coroutine that does; 0: the other node dials
    bool is_refused = false;      // it was said in the log
  };

  template <class Event>
  void tell(Event event) {
    caf::anon_send(hears_, std::move(event));
  }

  // -- connections that come ---------------------------------------------------------------

  awaitable<> accept() {
    timer pause(io_.get_executor());
    for (;;) {
      boost::system::error_code error;
      auto socket = co_await acceptor_.async_accept(asio::redirect_error(use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) { // no descriptors, say
        pause.expires_after(dial_pause);
        co_await pause.async_wait(asio::redirect_error(use_awaitable, error));
        continue;
      }
      if (strangers_ >= strangers_max) continue; // which closes it
      ++strangers_;
      asio::co_spawn(io_, greet_back(std::move(socket)), asio::detached);
    }
  }

  awaitable<> greet_back(tcp_socket socket) {
    const auto on = prepare(std::move(socket), *options_.tls.accepts);
    std::optional<member_id> who;
    boost::system::error_code error;
    co_await on->stream.async_handshake(asio::ssl::stream_base::server,
                                        asio::redirect_error(use_awaitable, error));
    if (!error)
      if (const auto text = co_await read_frame(on)) who = greeter_of(*text, options_.self);
    if (who && peers_.contains(*who)) {
      auto answer = greeting(options_.self, *who);
      if (!co_await write_text(on, std::move(answer))) who.reset();
    } else {
      who.reset();
    }
    --strangers_;
    if (who && peers_.contains(*who)) {
      co_await serve(on, *who);
      co_return;
    }
    // One that is not in the table yet, or no more, is told nothing and tries again.
    if (error) complain_of_stranger(on, error.message());
    on->close();
  }

  /// Now and then: anybody can connect.
  void complain_of_stranger(const connection_ptr& on, const std::string& why) {
    const auto now = std::chrono::steady_clock::now();
    if (now < stranger_told_at_ + stranger_told_every) return;
    stranger_told_at_ = now;
    boost::system::error_code unknown;
    const auto from = on->stream.next_layer().remote_endpoint(unknown);
    log_warning("cluster", "a connection",
                unknown ? std::string{} : " from " + from.address().to_string(),
                " to CLUSTER_BIND is refused: ", why);
  }

  // -- connections that are made -------------------------------------------------------------

  awaitable<> dial(member_id to, std::uint64_t number) {
    timer pause(io_.get_executor());
    for (;;) {
      const auto found = peers_.find(to);
      if (found == peers_.end() || found->second.dialled_in != number) co_return;
      const auto on = co_await connect(found->second.address);
      if (on) {
        const bool is_met = co_await greet(on, to);
        if (is_met) co_await serve(on, to);
        on->close();
      }
      pause.expires_after(dial_pause);
      boost::system::error_code ignored;
      co_await pause.async_wait(asio::redirect_error(use_awaitable, ignored));
    }
  }

  awaitable<connection_ptr> connect(std::string address) {
    boost::system::error_code error;
    const auto [host, port] = parts_of(address);
    tcp_resolver resolver(io_.get_executor());
    const auto found =
        co_await resolver.async_resolve(host, port, asio::redirect_error(use_awaitable, error));
    if (error) co_return nullptr;
    const auto on = prepare(tcp_socket(io_.get_executor()), *options_.tls.dials);
    co_await asio::async_connect(on->stream.next_layer(), found,
                                 asio::redirect_error(use_awaitable, error));
    if (error) co_return nullptr;
    on->stream.next_layer().set_option(tcp::no_delay(true), error);
    co_return on;
  }

  awaitable<bool> greet(connection_ptr on, member_id to) {
    boost::system::error_code error;
    co_await on->stream.async_handshake(asio::ssl::stream_base::client,
                                        asio::redirect_error(use_awaitable, error));
    if (error) {
      complain(to, error.message());
      co_return false;
    }
    auto words = greeting(options_.self, to);
    if (!co_await write_text(on, std::move(words))) co_return false;
    const auto answer = co_await read_frame(on);
    if (!answer) co_return false;
    const auto who = greeter_of(*answer, options_.self);
    co_return who&&* who == to;
  }

  /// Once, until there is a connection.
  void complain(const member_id& of, const std::string& why) {
    const auto found = peers_.find(of);
    if (found == peers_.end() || std::exchange(found->second.is_refused, true)) return;
    log_warning("cluster", "no connection to member ", to_string(of), " at ",
                escaped_for_log(found->second.address, 100), ": ", why);
  }

  // -- both ----------------------------------------------------------------------------------

  connection_ptr prepare(tcp_socket socket, asio::ssl::context& context) {
    boost::system::error_code ignored;
    if (socket.is_open()) socket.set_option(tcp::no_delay(true), ignored);
    auto made = std::make_shared<link_io::connection>(std::move(socket), context);
    limit_to(made, greeting_time_max);
    return made;
  }

  awaitable<> serve(connection_ptr on, member_id with) {
    auto& other = peers_[with];
    other.is_refused = false;
    if (const auto before = std::exchange(other.is, on)) {
      before->close();
      tell(messages::member_disconnected{with});
    }
    tell(messages::member_connected{with});
    for (;;) {
      limit_to(on, silence_max);
      auto frame = co_await read_frame(on);
      if (!frame) break;
      tell(messages::member_said{with, std::move(*frame)});
    }
    on->close();
    const auto found = peers_.find(with);
    if (found == peers_.end() || found->second.is != on) co_return; // another took its place
    found->second.is = nullptr;
    tell(messages::member_disconnected{with});
  }

  awaitable<> write(connection_ptr on) {
    while (!on->queue.empty()) {
      auto text = std::move(on->queue.front());
      on->queue.pop_front();
      const auto size = text.size();
      if (!co_await write_text(on, std::move(text))) {
        on->close();
        co_return;
      }
      on->queued -= size;
    }
    on->is_writing = false;
  }

  node_link_options options_;
  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<reactor_executor>> guard_{
      asio::make_work_guard(io_.get_executor())};
  tcp_acceptor acceptor_;
  cluster_actor hears_;
  std::map<member_id, peer> peers_;
  std::size_t strangers_ = 0;
  std::chrono::steady_clock::time_point stranger_told_at_{};
  std::uint64_t dials_ = 0;
  std::thread thread_;
};

node_link::node_link(std::unique_ptr<hub> made) : hub_(std::move(made)) {}
node_link::~node_link() = default;

result<std::shared_ptr<node_link>> node_link::bind(node_link_options options) {
  auto made = std::make_unique<hub>(std::move(options));
  if (auto bound = made->bind(); !bound) return fail(bound.error());
  return std::shared_ptr<node_link>(new node_link(std::move(made)));
}

std::uint16_t node_link::port() const noexcept {
  return hub_->port();
}

void node_link::open(cluster_actor hears) {
  hub_->open(std::move(hears));
}

void node_link::keep(const member_id& to, const std::string& address) {
  hub_->post([this, to, address] { hub_->keep(to, address); });
}

void node_link::drop(const member_id& to) {
  hub_->post([this, to] { hub_->drop(to); });
}

void node_link::send(const member_id& to, std::string frame) {
  hub_->post([this, to, frame = std::move(frame)] { hub_->send(to, frame); });
}

} // namespace latchkey::gateway
