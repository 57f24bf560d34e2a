#include "tests/gateway/http/connection/test_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <future>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::http::testing {
namespace {

using wait_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      reactor_executor>;

constexpr std::size_t large_bytes = 8 * 1024 * 1024;

awaitable<response> fixed(exchange&) {
  co_return json_response(200, R"({"ok":true})");
}

awaitable<response> echo(exchange& x) {
  co_return json_response(200, std::string(x.in.body));
}

awaitable<response> headers(exchange& x) {
  std::string text;
  for (const auto& item : x.in.headers)
    text.append(item.name).append("=").append(item.value).append("\n");
  text.append("host is ").append(x.in.host).append("\npeer is ").append(x.in.peer_address);
  text.append(x.in.is_tls ? "\nover tls" : "\nplain");
  co_return json_response(200, std::move(text));
}

awaitable<response> throwing(exchange&) {
  throw std::runtime_error("a secret detail");
  co_return response{};
}

awaitable<response> large(exchange&) {
  co_return json_response(200, std::string(large_bytes, 'x'));
}

awaitable<response> item(exchange& x) {
  co_return json_response(200, std::string(x.params["id"]));
}

awaitable<response> bye(exchange&) {
  auto answer = json_response(200, "{}");
  answer.close = true;
  co_return answer;
}

} // namespace

route make_route(method m, std::string pattern, handler handle) {
  route r;
  r.method = m;
  r.pattern = std::move(pattern);
  r.needs.open_to = access::anyone;
  r.handle = std::move(handle);
  return r;
}

std::shared_ptr<const router> make_table(std::vector<route> routes) {
  auto made = router::make(std::move(routes));
  if (!made) throw std::logic_error(made.error().reason);
  return std::make_shared<const router>(std::move(*made));
}

std::shared_ptr<const router> test_server::make_routes() {
  auto wait = [this](exchange&) -> awaitable<response> {
    wait_timer pause(io_);
    while (!released_) {
      pause.expires_after(std::chrono::milliseconds{1});
      co_await pause.async_wait(use_awaitable);
    }
    co_return json_response(200, "released");
  };
  std::vector<route> routes;
  routes.push_back(make_route(method::get, "/fixed", fixed));
  routes.push_back(make_route(method::post, "/echo", echo));
  routes.push_back(make_route(method::post, "/small", echo));
  routes.back().body_bytes_max = 16;
  routes.push_back(make_route(method::get, "/headers", headers));
  routes.push_back(make_route(method::get, "/throw", throwing));
  routes.push_back(make_route(method::get, "/large", large));
  routes.push_back(make_route(method::get, "/items/{id}", item));
  routes.push_back(make_route(method::get, "/wait", wait));
  routes.push_back(make_route(method::get, "/bye", bye));
  return make_table(std::move(routes));
}

test_server::test_server(const std::function<void(http_server_options&)>& adjust) {
  http_server_options options;
  options.routes = make_routes();
  options.hooks.on_finished = [this](const finished_request& done) {
    std::lock_guard lock(mutex_);
    finished_.push_back(std::string(to_string(done.verb)) + " " + std::string(done.route_name) +
                        " " + std::to_string(done.status));
  };
  options.hooks.on_exception = [this](const exchange&, std::string_view message) {
    std::lock_guard lock(mutex_);
    exceptions_.emplace_back(message);
  };
  if (adjust) adjust(options);
  server_ = std::make_unique<http_server>(io_, wheel_, std::move(options));
  if (auto listening = server_->listen("127.0.0.1", 0); !listening)
    throw std::runtime_error(listening.error().reason);
  server_->accept();
  port_ = server_->port();
  thread_ = std::thread([this] { io_.run(); });
}

test_server::~test_server() {
  on_reactor([this] {
    server_->stop();
    server_->close_all();
  });
  released_ = true;
  thread_.join(); // run() ends when the last connection has
}

void test_server::release() {
  released_ = true;
}

void test_server::stop() {
  on_reactor([this] { server_->stop([this] { drained_ = true; }); });
}

void test_server::on_reactor(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    work();
    done.set_value();
  });
  // A reactor that has drained has ended and runs nothing any more.
  auto future = done.get_future();
  while (future.wait_for(1ms) != std::future_status::ready)
    if (io_.stopped()) io_.restart(), io_.run();
}

bool test_server::wait_until(const std::function<bool(http_server&)>& holds) {
  auto end = std::chrono::steady_clock::now() + patience;
  bool held = false;
  while (!held && std::chrono::steady_clock::now() < end)
    on_reactor([&] { held = holds(*server_); });
  return held;
}

std::vector<std::string> test_server::finished() {
  std::lock_guard lock(mutex_);
  return finished_;
}

std::vector<std::string> test_server::exceptions() {
  std::lock_guard lock(mutex_);
  return exceptions_;
}

std::string reply::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

raw_client::raw_client(std::uint16_t port, int receive_buffer_bytes) {
  handle_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0)
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof(receive_buffer_bytes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("connect failed");
}

raw_client::~raw_client() {
  ::close(handle_);
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{handle_, POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return false;
    auto count = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::size_t raw_client::flood(std::size_t much) {
  constexpr int blocked_ms = 300;
  const std::string piece(std::size_t{64} * 1024, 'x');
  std::size_t sent = 0;
  pollfd ready{handle_, POLLOUT, 0};
  while (sent < much && ::poll(&ready, 1, blocked_ms) == 1) {
    const auto size = std::min(piece.size(), much - sent);
    const auto count = ::send(handle_, piece.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) break;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return sent;
}

void raw_client::half_close() {
  ::shutdown(handle_, SHUT_WR);
}

raw_client::outcome raw_client::fill() {
  pollfd ready{handle_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return outcome::timed_out;
  char bytes[65536];
  auto count = ::recv(handle_, bytes, sizeof(bytes), MSG_DONTWAIT);
  was_reset_ = count < 0;
  if (count <= 0) return outcome::closed;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return outcome::data;
}

reply raw_client::read_reply(bool is_head) {
  reply answer;
  auto end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (fill() != outcome::data) return answer;
    end = buffer_.find("\r\n\r\n");
  }
  auto block = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  auto line_end = block.find("\r\n");
  auto status = static_cast<unsigned>(std::stoul(block.substr(9, 3)));
  for (auto begin = line_end + 2; begin < block.size();) {
    auto next = block.find("\r\n", begin);
    auto line = block.substr(begin, next - begin);
    auto colon = line.find(": ");
    auto name = line.substr(0, colon);
    for (char& c : name)
      c = static_cast<char>(::tolower(c));
    answer.headers.emplace(name, line.substr(colon + 2));
    begin = next + 2;
  }
  auto length = answer.header("content-length");
  auto size = length.empty() || is_head ? 0 : std::stoul(length);
  while (buffer_.size() < size)
    if (fill() != outcome::data) return answer;
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  answer.status = status;
  return answer;
}

std::string raw_client::read_bytes(std::size_t count) {
  while (buffer_.size() < count && fill() == outcome::data) {
  }
  auto bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

std::optional<std::string> raw_client::read_to_end() {
  while (true) {
    auto got = fill();
    if (got == outcome::timed_out) return std::nullopt;
    if (got == outcome::closed) return std::exchange(buffer_, {});
  }
}

bool raw_client::is_readable_within(std::chrono::milliseconds wait) {
  pollfd ready{handle_, POLLIN, 0};
  return !buffer_.empty() || ::poll(&ready, 1, static_cast<int>(wait.count())) == 1;
}

bool raw_client::is_closed() {
  return buffer_.empty() && fill() == outcome::closed;
}

reply ask(std::uint16_t port, std::string_view bytes) {
  raw_client client(port);
  client.send(bytes);
  return client.read_reply();
}

std::string get(std::string_view target, std::string_view headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view headers) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

} // namespace latchkey::http::testing
