// scripted_upstream.hpp — an upstream that does to each of its connections what a test says, byte
// by byte; and a client on a reactor of its own that asks it.
#pragma once

#include "gateway/proxy/upstream/upstream_client.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::proxy::testing {

using namespace std::chrono_literals;

/// How long a test waits for what must happen; never how long it takes.
inline constexpr std::chrono::seconds patience{20};

/// One connection, from the upstream's side. Every wait ends after `patience`.
class peer {
public:
  explicit peer(int handle) : handle_(handle) {}
  ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  /// The next request's head, with the empty line; empty when the connection ends before.
  std::string read_head();
  std::string read_bytes(std::size_t count);
  /// Up to and with `end`.
  std::string read_until(std::string_view end);
  /// Waits for the other side's end; false when it does not come.
  bool wait_for_end();
  bool send(std::string_view bytes);
  void reset();
  void half_close();

private:
  bool fill();
  int handle_;
  std::string buffer_;
};

using script = std::function<void(peer&)>;

/// A 200 with the body "ok".
inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers every request of a connection with these bytes.
script answers(std::string bytes);

/// Listens on 127.0.0.1; the n-th connection gets the n-th script, later ones the last.
class scripted_upstream {
public:
  explicit scripted_upstream(std::vector<script> scripts);
  ~scripted_upstream();

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// How many were accepted.
  std::size_t connections() const noexcept { return accepted_; }
  void stop_listening();

private:
  void accept();

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<script> scripts_;
  std::atomic<std::size_t> accepted_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

/// A body given in pieces; a nullopt is a failure.
class piecewise_body final : public http::request_body {
public:
  explicit piecewise_body(std::vector<std::optional<std::string>> pieces,
                          std::optional<std::uint64_t> size = {})
      : pieces_(std::move(pieces)), size_(size) {}
  awaitable<result<std::string_view>> next() override;
  std::optional<std::uint64_t> size() const noexcept override { return size_; }
  std::size_t asked() const noexcept { return asked_; }

private:
  std::vector<std::optional<std::string>> pieces_;
  std::optional<std::uint64_t> size_;
  std::atomic<std::size_t> asked_{0};
};

/// What came of a call.
struct seen {
  std::optional<failure> error; // of the call
  bool was_thrown = false;      // by it
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<failure> body_error;
  std::optional<std::uint64_t> size; // as the body's source says

  error_code code() const { return error ? error->code : error_code::none; }
  error_code body_code() const { return body_error ? body_error->code : error_code::none; }
  std::string header(const std::string& name) const;
};

/// What to ask, with texts of its own.
struct question {
  http::method method = http::method::get;
  std::string target = "/";
  std::string headers = {};
  std::string body = {};
  std::shared_ptr<http::request_body> pieces = {};
  std::chrono::milliseconds deadline = patience;
  std::chrono::milliseconds silence_max = patience;
  bool asks_for_websocket = false;
  std::atomic<bool>* has_gone = nullptr; // becomes true when the client goes
  std::size_t upstream = 0;
};

class client_fixture {
public:
  explicit client_fixture(const std::string& url, const upstream_limits& limits = {},
                          const breaker_settings& breaker = {});
  ~client_fixture();

  /// Asks, and reads the body to its end.
  std::future<seen> start(question request);
  seen ask(question request);
  /// Runs `work(client)`, a coroutine, to its end.
  void run(const std::function<awaitable<>(upstream_client&)>& work);
  void close();
  upstream_series& counts() { return counts_.upstream("core-manager"); }
  breaker_view breaker() { return upstreams_->at(0).breaker.view(); }
  bool wait_until(const std::function<bool()>& holds);
  std::string rendered() {
    upstreams_->publish_counts();
    return counts_.render();
  }

private:
  metrics counts_;
  std::shared_ptr<upstream_set> upstreams_;
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  timer_wheel wheel_{io_, std::chrono::milliseconds{5}};
  std::unique_ptr<upstream_client> client_;
  std::thread thread_;
};

} // namespace latchkey::proxy::testing
