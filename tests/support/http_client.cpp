#include "tests/support/http_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& reason) {
  throw std::runtime_error("http client: " + reason);
}

[[noreturn]] void give_up_errno(const std::string& reason) {
  give_up(reason + ": " + std::strerror(errno));
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool names(const http_call& call, std::string_view name) {
  return std::any_of(call.headers.begin(), call.headers.end(),
                     [&](const http_header& h) { return same_name(h.name, name); });
}

std::size_t to_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    give_up("not a number: " + std::string{text});
  return value;
}

/// The status line and the headers, without the empty line that ends them.
http_reply parse_head(std::string_view head) {
  http_reply reply;
  auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ')
    give_up("no status line: " + std::string{line});
  reply.status = static_cast<int>(to_number(line.substr(9, 3)));
  reply.reason = line.substr(13);
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    const auto field = head.substr(0, end);
    const auto colon = field.find(": ");
    if (colon == std::string_view::npos) give_up("no header line: " + std::string{field});
    reply.headers.push_back(
        {std::string{field.substr(0, colon)}, std::string{field.substr(colon + 2)}});
  }
  return reply;
}

/// Where each chunk of a body stands, once all have come (RFC 9112, section 7.1).
std::optional<std::vector<std::string_view>> chunks_of(std::string_view input, std::size_t from,
                                                       std::size_t& end) {
  std::vector<std::string_view> chunks;
  while (true) {
    const auto line_end = input.find("\r\n", from);
    if (line_end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const auto* stop = input.data() + line_end;
    if (std::from_chars(input.data() + from, stop, size, 16).ptr != stop)
      give_up("no chunk: " + std::string{input.substr(from, line_end - from)});
    from = line_end + 2;
    if (input.size() < from + size + 2) return std::nullopt;
    if (input.substr(from + size, 2) != "\r\n") give_up("a chunk of another size");
    if (size == 0) {
      end = from + 2;
      return chunks;
    }
    chunks.push_back(input.substr(from, size));
    from += size + 2;
  }
}

/// Takes one whole answer off the front of `input`, when there is one.
std::optional<http_reply> take_reply(std::string& input, bool to_head) {
  const auto end = input.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  auto reply = parse_head(std::string_view{input}.substr(0, end));
  const auto body_from = end + 4;
  if (reply.status < 200 && reply.status != 101) { // an interim answer; the real one follows
    input.erase(0, body_from);
    return take_reply(input, to_head);
  }
  std::size_t size = 0;
  const bool has_body =
      reply.status >= 200 && reply.status != 204 && reply.status != 304 && !to_head;
  if (has_body && reply.header("Transfer-Encoding") == "chunked") {
    std::size_t all = 0;
    const auto chunks = chunks_of(input, body_from, all);
    if (!chunks) return std::nullopt;
    for (const auto chunk : *chunks)
      reply.body += chunk;
    input.erase(0, all);
    return reply;
  }
  if (has_body) size = to_number(reply.header("Content-Length"));
  if (input.size() < body_from + size) return std::nullopt;
  reply.body = input.substr(body_from, size);
  input.erase(0, body_from + size);
  return reply;
}

int connect_to(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) give_up_errno("socket");
  const timeval wait{patience.count(), 0};
  setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    const int why = errno;
    ::close(made);
    errno = why;
    give_up_errno("connect");
  }
  return made;
}

} // namespace

// -- what is asked and answered ---------------------------------------------------------

std::vector<std::string> http_reply::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& h : headers)
    if (same_name(h.name, name)) found.push_back(h.value);
  return found;
}

std::string http_reply::header(std::string_view name) const {
  const auto found = all(name);
  if (found.size() > 1) give_up(std::string{name} + " was sent more than once");
  return found.empty() ? std::string{} : found.front();
}

http_call&& http_call::with(std::string name, std::string value) && {
  headers.push_back({std::move(name), std::move(value)});
  return std::move(*this);
}

http_call&& http_call::as(const std::string& access_token) && {
  return std::move(*this).with("Authorization", "Bearer " + access_token);
}

http_call&& http_call::cookie(const std::string& refresh_token) && {
  return std::move(*this).with("Cookie", "refresh_token=" + refresh_token);
}

http_call get(std::string target) {
  return {"GET", std::move(target), {}, {}};
}

http_call post(std::string target) {
  return {"POST", std::move(target), {}, {}};
}

http_call post_json(std::string target, std::string body) {
  return {"POST", std::move(target), {{"Content-Type", "application/json"}}, std::move(body)};
}

http_call put_json(std::string target, std::string body) {
  return {"PUT", std::move(target), {{"Content-Type", "application/json"}}, std::move(body)};
}

http_call delete_(std::string target) {
  return {"DELETE", std::move(target), {}, {}};
}

http_call post_form(std::string target, std::string body) {
  return {"POST",
          std::move(target),
          {{"Content-Type", "application/x-www-form-urlencoded"}},
          std::move(body)};
}

std::string to_bytes(const http_call& call, std::uint16_t port) {
  std::string out = call.method + " " + call.target + " HTTP/1.1\r\n";
  if (!names(call, "Host")) out += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  for (const auto& h : call.headers)
    out += h.name + ": " + h.value + "\r\n";
  const bool has_body = !call.body.empty() || call.method == "POST";
  if (has_body && !names(call, "Content-Length") && !names(call, "Transfer-Encoding"))
    out += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return out + "\r\n" + call.body;
}

// -- a connection -------------------------------------------------------------------------

http_connection::http_connection(std::uint16_t port, std::shared_ptr<ssl_ctx_st> tls)
    : socket_(connect_to(port)), port_(port), context_(std::move(tls)) {
  if (!context_) return;
  tls_ = SSL_new(context_.get());
  SSL_set_fd(tls_, socket_);
  SSL_set_tlsext_host_name(tls_, "localhost");
  if (SSL_connect(tls_) == 1) return;
  SSL_free(tls_);
  ::close(socket_);
  give_up("the TLS handshake failed");
}

http_connection::http_connection(http_connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), port_(other.port_),
      context_(std::move(other.context_)), tls_(std::exchange(other.tls_, nullptr)),
      input_(std::move(other.input_)), answers_head_(other.answers_head_) {}

http_connection::~http_connection() {
  SSL_free(tls_);
  if (socket_ >= 0) ::close(socket_);
}

void http_connection::send(const http_call& call) {
  answers_head_ = call.method == "HEAD";
  send_raw(to_bytes(call, port_));
}

void http_connection::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) give_up_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t http_connection::read(char* to, std::size_t size) {
  const auto got =
      tls_ != nullptr ? SSL_read(tls_, to, static_cast<int>(size)) : ::recv(socket_, to, size, 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (tls_ != nullptr && SSL_get_error(tls_, static_cast<int>(got)) == SSL_ERROR_ZERO_RETURN)
    return 0;
  if (got == 0 || errno == ECONNRESET) return 0;
  give_up_errno("no answer");
}

std::optional<http_reply> http_connection::receive_some() {
  std::array<char, 16 * 1024> part;
  const auto got = read(part.data(), part.size());
  if (got == 0) give_up("the connection ended");
  input_.append(part.data(), got);
  return take_reply(input_, answers_head_);
}

http_reply http_connection::receive() {
  auto reply = take_reply(input_, answers_head_); // pipelined answers come together
  while (!reply)
    reply = receive_some();
  return std::move(*reply);
}

bool http_connection::ends() {
  char byte = 0;
  return input_.empty() && read(&byte, 1) == 0;
}

http_reply http_connection::exchange(const http_call& call) {
  send(call);
  return receive();
}

http_reply exchange(std::uint16_t port, const http_call& call) {
  return http_connection{port}.exchange(call);
}

// -- many at once ---------------------------------------------------------------------------

std::vector<timed_reply> in_parallel(std::uint16_t port, const std::vector<http_call>& calls) {
  std::vector<http_connection> connections;
  connections.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i)
    connections.emplace_back(port);
  const auto start = clock::now();
  std::vector<timed_reply> out(calls.size());
  std::vector<pollfd> waiting;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    connections[i].send(calls[i]);
    waiting.push_back({connections[i].socket(), POLLIN, 0});
  }
  const auto end = start + patience;
  std::size_t left = calls.size();
  while (left > 0) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (wait.count() <= 0 ||
        poll(waiting.data(), waiting.size(), static_cast<int>(wait.count())) <= 0)
      break;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      try {
        auto reply = connections[i].receive_some();
        if (!reply) continue;
        out[i].reply = std::move(*reply);
      } catch (const std::runtime_error&) { // leaves status 0
      }
      out[i].after = clock::now() - start;
      waiting[i].fd = -1; // poll() passes over it
      --left;
    }
  }
  return out;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace latchkey::test
