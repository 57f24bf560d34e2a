// test_server.hpp — a server on a thread of its own, on a free port, with routes that
// show what a test wants to see; and a raw TCP client that sends bytes as they are.
#pragma once

#include "gateway/http/connection/http_server.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace latchkey::http::testing {

using namespace std::chrono_literals;

/// How long a test waits for something that must happen; never how long it takes.
inline constexpr std::chrono::milliseconds patience{10'000};

/// Nothing ends by itself, unless a test sets one limit that is to act.
inline void long_limits(http_server_options& options) {
  options.limits.receive_max = 1h;
  options.limits.send_max = 1h;
  options.limits.idle_max = 1h;
  options.limits.linger_max = 1h;
  options.limits.unsent_bytes_max = static_cast<std::size_t>(-1);
  options.limits.unfinished_bytes_max = static_cast<std::size_t>(-1);
}

/// A route that is open to anyone.
route make_route(method m, std::string pattern, handler handle);
/// For `http_server_options::routes`, in place of the test server's own.
std::shared_ptr<const router> make_table(std::vector<route> routes);

/// Routes: GET /fixed, POST /echo (answers the body), POST /small (16 bytes at most),
/// GET /headers (answers the request's header names and values, a line each), GET /throw,
/// GET /large (8 MiB), GET /items/{id} (answers the id), GET /wait (answers after release()),
/// GET /bye (asks for the end of the connection).
class test_server {
public:
  explicit test_server(const std::function<void(http_server_options&)>& adjust = {});
  ~test_server();

  std::uint16_t port() const { return port_; }
  /// Lets every GET /wait, waiting and future, answer.
  void release();
  /// Begins to drain; `is_drained` becomes true when done.
  void stop();
  bool wait_until(const std::function<bool(http_server&)>& holds);
  bool is_drained() const { return drained_; }
  std::vector<std::string> finished(); // "GET /fixed 200" …
  std::vector<std::string> exceptions();

private:
  std::shared_ptr<const router> make_routes();
  void on_reactor(const std::function<void()>& work);

  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  timer_wheel wheel_{io_, std::chrono::milliseconds{5}};
  std::unique_ptr<http_server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> released_ = false;
  std::atomic<bool> drained_ = false;
  std::mutex mutex_;
  std::vector<std::string> finished_;
  std::vector<std::string> exceptions_;
  std::thread thread_;
};

struct reply {
  unsigned status = 0;                             // 0: none came
  std::multimap<std::string, std::string> headers; // names in lower case
  std::string body;

  std::string header(const std::string& name) const;
};

/// A blocking client; every wait ends after `patience`.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_buffer_bytes = 0);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False when the peer has closed.
  bool send(std::string_view bytes);
  /// Sends `much`, or until the peer has taken nothing for a while. How much it took.
  std::size_t flood(std::size_t much);
  void half_close();
  /// The next answer; `is_head`: it has no body.
  reply read_reply(bool is_head = false);
  /// That many bytes; fewer when the peer closes or no more come.
  std::string read_bytes(std::size_t count);
  /// All that comes until the peer closes; empty optional when it does not.
  std::optional<std::string> read_to_end();
  /// Whether the peer closes without another byte.
  bool is_closed();
  /// Whether bytes or the end have come, or come within `wait`.
  bool is_readable_within(std::chrono::milliseconds wait);
  /// Whether the end came as a reset, which may have swallowed bytes on the way.
  bool was_reset() const { return was_reset_; }
  int handle() const { return handle_; }

private:
  enum class outcome { data, closed, timed_out };
  outcome fill();

  int handle_ = -1;
  std::string buffer_;
  bool was_reset_ = false;
};

/// One request, one answer, on a connection of its own.
reply ask(std::uint16_t port, std::string_view bytes);

/// "GET <target> HTTP/1.1", a Host and `headers` (whole lines).
std::string get(std::string_view target, std::string_view headers = {});
std::string post(std::string_view target, std::string_view body, std::string_view headers = {});

} // namespace latchkey::http::testing
