#include "tests/gateway/proxy/upstream/scripted_upstream.hpp"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::proxy::testing {
namespace {

constexpr int poll_patience_ms = 20'000;

/// A client that goes when a test says so.
class test_client : public http::client_presence {
public:
  explicit test_client(const std::atomic<bool>& has_gone) : has_gone_(has_gone) {}
  bool has_gone() const noexcept override { return has_gone_; }

private:
  const std::atomic<bool>& has_gone_;
};

awaitable<seen> ask_and_read(upstream_client& client, question request) {
  seen out;
  upstream_call call;
  call.upstream = request.upstream;
  call.method = request.method;
  call.target = request.target;
  call.headers = request.headers;
  call.body = request.body;
  call.pieces = request.pieces.get();
  call.deadline = std::chrono::steady_clock::now() + request.deadline;
  call.silence_max = request.silence_max;
  call.asks_for_websocket = request.asks_for_websocket;
  std::optional<test_client> client_of_call;
  if (request.has_gone != nullptr) call.client = &client_of_call.emplace(*request.has_gone);
  auto answer = co_await client.call(call);
  if (!answer) {
    out.error = answer.error();
    co_return out;
  }
  out.status = answer->status();
  for (const auto& line : answer->headers())
    out.headers.emplace_back(line.name, line.value);
  if (out.status == 101) {
    auto given = answer->take_connection();
    out.body = given.connection.received;
    co_return out;
  }
  if (auto whole = answer->whole_body()) {
    out.body = *whole;
    co_return out;
  }
  auto source = answer->take_body();
  out.size = source->size();
  while (true) {
    auto piece = co_await source->next();
    if (!piece) out.body_error = piece.error();
    if (!piece || piece->empty()) break;
    out.body.append(*piece);
  }
  co_return out;
}

} // namespace

// -- the upstream -----------------------------------------------------------------------------

peer::~peer() {
  if (handle_ >= 0) ::close(handle_);
}

bool peer::fill() {
  pollfd ready{handle_, POLLIN, 0};
  if (handle_ < 0 || ::poll(&ready, 1, poll_patience_ms) != 1) return false;
  char bytes[16'384];
  const auto count = ::recv(handle_, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string peer::read_until(std::string_view end) {
  std::size_t at = 0;
  while ((at = buffer_.find(end)) == std::string::npos)
    if (!fill()) return {};
  auto out = buffer_.substr(0, at + end.size());
  buffer_.erase(0, at + end.size());
  return out;
}

std::string peer::read_head() {
  return read_until("\r\n\r\n");
}

std::string peer::read_bytes(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  auto out = buffer_.substr(0, count);
  buffer_.erase(0, out.size());
  return out;
}

bool peer::wait_for_end() {
  while (fill())
    buffer_.clear();
  char byte = 0;
  return ::recv(handle_, &byte, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN;
}

bool peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(handle_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(std::exchange(handle_, -1));
}

void peer::half_close() {
  ::shutdown(handle_, SHUT_WR);
}

script answers(std::string bytes) {
  return [bytes = std::move(bytes)](peer& connection) {
    while (!connection.read_head().empty())
      if (!connection.send(bytes)) return;
  };
}

scripted_upstream::scripted_upstream(std::vector<script> scripts) : scripts_(std::move(scripts)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  auto* address = reinterpret_cast<sockaddr*>(&where);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error("no port for the upstream");
  port_ = ntohs(where.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

void scripted_upstream::accept() {
  while (!stopping_) {
    const int handle = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (handle < 0) return;
    const auto index = std::min<std::size_t>(accepted_++, scripts_.size() - 1);
    threads_.emplace_back([this, handle, index] {
      peer connection(handle);
      scripts_[index](connection);
    });
  }
}

void scripted_upstream::stop_listening() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  ::close(std::exchange(listener_, -1));
}

scripted_upstream::~scripted_upstream() {
  if (listener_ >= 0) stop_listening();
  for (auto& thread : threads_)
    thread.join();
}

// -- the client -------------------------------------------------------------------------------

awaitable<result<std::string_view>> piecewise_body::next() {
  result<std::string_view> given = std::string_view{};
  const auto index = asked_++;
  if (index >= pieces_.size()) co_return given;
  if (!pieces_[index]) co_return fail(error_code::payload_too_large, "body", "as a test says");
  given = std::string_view{*pieces_[index]};
  co_return given;
}

std::string seen::header(const std::string& name) const {
  for (const auto& [known, value] : headers)
    if (http::equal_ignoring_case(known, name)) return value;
  return {};
}

client_fixture::client_fixture(const std::string& url, const upstream_limits& limits,
                               const breaker_settings& breaker) {
  proxy_defaults defaults;
  defaults.core_manager_url = url;
  auto table = read_proxy_routes({}, defaults);
  if (!table) throw std::runtime_error(table.error().reason);
  upstreams_ = std::make_shared<upstream_set>(*std::move(table), counts_, breaker);
  client_ = std::make_unique<upstream_client>(io_, wheel_, upstreams_, limits);
  thread_ = std::thread([this] { io_.run(); });
}

client_fixture::~client_fixture() {
  close();
  guard_.reset();
  thread_.join();
}

void client_fixture::close() {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    client_->close();
    done.set_value();
  });
  done.get_future().wait();
}

std::future<seen> client_fixture::start(question request) {
  auto promised = std::make_shared<std::promise<seen>>();
  auto future = promised->get_future();
  boost::asio::post(io_, [this, request = std::move(request), promised] {
    auto done = [promised](const std::exception_ptr& thrown, seen out) {
      out.was_thrown = thrown != nullptr;
      promised->set_value(std::move(out));
    };
    boost::asio::co_spawn(
        io_, [this, request] { return ask_and_read(*client_, request); }, done);
  });
  return future;
}

seen client_fixture::ask(question request) {
  auto future = start(std::move(request));
  if (future.wait_for(patience * 2) != std::future_status::ready)
    throw std::runtime_error("a call has not ended");
  return future.get();
}

void client_fixture::run(const std::function<awaitable<>(upstream_client&)>& work) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  boost::asio::post(io_, [this, work, done] {
    boost::asio::co_spawn(
        io_, [this, work] { return work(*client_); },
        [done](const std::exception_ptr&) { done->set_value(); });
  });
  if (future.wait_for(patience * 2) != std::future_status::ready)
    throw std::runtime_error("a coroutine has not ended");
}

bool client_fixture::wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace latchkey::proxy::testing
