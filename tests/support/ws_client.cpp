#include "tests/support/ws_client.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

constexpr std::string_view mask = "\x37\xfa\x21\x3d"; // RFC 6455, 5.7

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes)
    out = out << 8U | static_cast<unsigned char>(byte);
  return out;
}

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  while (bytes-- > 0)
    out += static_cast<char>(number >> (8U * bytes) & 0xffU);
}

int connected(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(socket);
    throw std::runtime_error("cannot connect");
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// A 101, or an answer whose body the Content-Length counts.
std::optional<http_reply> take_answer(std::string& input) {
  const auto end = input.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  http_reply out;
  out.status = std::stoi(input.substr(9, 3));
  for (auto at = input.find("\r\n") + 2; at < end + 2;) {
    const auto line_end = input.find("\r\n", at);
    const auto line = input.substr(at, line_end - at);
    const auto colon = line.find(": ");
    out.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
    at = line_end + 2;
  }
  const auto length = out.header("Content-Length");
  const auto size = length.empty() ? 0 : std::stoul(length);
  if (input.size() < end + 4 + size) return std::nullopt;
  out.body = input.substr(end + 4, size);
  input.erase(0, end + 4 + size);
  return out;
}

} // namespace

unsigned ws_frame::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned>(big_endian(std::string_view{payload}.substr(0, 2)));
}

std::string to_bytes(const ws_frame& frame) {
  std::string out;
  out += static_cast<char>((frame.is_last ? 0x80U : 0U) | frame.reserved << 4U | frame.opcode);
  const auto size = frame.payload.size();
  const unsigned masked = frame.is_masked ? 0x80U : 0U;
  auto length_bytes = frame.length_bytes;
  if (length_bytes == 0 && size > 125) length_bytes = size <= 0xffff ? 2 : 8;
  if (length_bytes == 0) out += static_cast<char>(masked | size);
  if (length_bytes == 2) out += static_cast<char>(masked | 126U);
  if (length_bytes == 8) out += static_cast<char>(masked | 127U);
  append_big_endian(out, size, length_bytes);
  if (!frame.is_masked) return out + frame.payload;
  out += mask;
  for (std::size_t i = 0; i < size; ++i)
    out += static_cast<char>(frame.payload[i] ^ mask[i % mask.size()]);
  return out;
}

http_call ws_handshake(std::string target) {
  return get(std::move(target))
      .with("Connection", "Upgrade")
      .with("Upgrade", "websocket")
      .with("Sec-WebSocket-Version", "13")
      .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
}

ws_client::ws_client(std::uint16_t port, const http_call& handshake) : socket_(connected(port)) {
  send_bytes(to_bytes(handshake, port));
  for (;;) {
    if (auto whole = take_answer(input_)) {
      answer_ = std::move(*whole);
      return;
    }
    if (!read(true)) return; // status 0
  }
}

ws_client::ws_client(std::uint16_t port, const std::string& access_token)
    : ws_client(port, ws_handshake().as(access_token)) {
  if (!is_open()) throw std::runtime_error("refused: " + answer_.body);
}

ws_client::~ws_client() {
  if (socket_ >= 0) ::close(socket_);
}

ws_client::ws_client(ws_client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), answer_(std::move(other.answer_)),
      input_(std::move(other.input_)), has_ended_(other.has_ended_),
      close_code_(other.close_code_) {}

// -- sending ---------------------------------------------------------------------------------

void ws_client::send(const ws_frame& frame) {
  send_bytes(to_bytes(frame));
}

void ws_client::say(const nlohmann::ordered_json& message) {
  ws_frame frame;
  frame.payload = message.dump();
  send(frame);
}

void ws_client::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return; // the end tells why
    if (sent < 0) throw std::runtime_error("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool ws_client::try_send_bytes(std::string_view bytes) {
  const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(bytes.size());
}

// -- receiving -------------------------------------------------------------------------------

/// False at the end, or when it does not wait and nothing is there.
bool ws_client::read(bool waits) {
  if (has_ended_) return false;
  if (waits) {
    pollfd polled{socket_, POLLIN, 0};
    const auto most = std::chrono::milliseconds{patience}.count();
    if (::poll(&polled, 1, static_cast<int>(most)) != 1) throw std::runtime_error("nothing came");
  }
  char bytes[16384];
  const auto size = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size > 0) {
    input_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  if (size == 0 || (errno != EAGAIN && errno != EINTR)) has_ended_ = true;
  return false;
}

std::optional<ws_frame> ws_client::take_frame() {
  if (input_.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(input_[0]);
  const auto second = static_cast<unsigned char>(input_[1]);
  std::size_t head = 2;
  std::uint64_t size = second & 0x7fU;
  const unsigned length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (input_.size() < head + length_bytes) return std::nullopt;
  if (length_bytes > 0) size = big_endian(std::string_view{input_}.substr(head, length_bytes));
  head += length_bytes;
  if (input_.size() < head + size) return std::nullopt;
  ws_frame out;
  out.is_last = (first & 0x80U) != 0;
  out.reserved = first >> 4U & 7U;
  out.opcode = first & 0xfU;
  out.is_masked = (second & 0x80U) != 0;
  out.payload = input_.substr(head, size);
  input_.erase(0, head + size);
  if (out.opcode == opcode::close) close_code_ = out.close_code();
  return out;
}

std::optional<ws_frame> ws_client::receive() {
  for (;;) {
    if (auto frame = take_frame()) return frame;
    if (!read(true) && has_ended_) return std::nullopt;
  }
}

std::optional<ws_frame> ws_client::receive_now() {
  while (read(false)) {
  }
  return take_frame();
}

nlohmann::ordered_json ws_client::hear() {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nothing but pings came");
    const auto frame = receive();
    if (!frame || frame->opcode == opcode::close) return nullptr;
    if (frame->opcode == opcode::ping) {
      ws_frame pong;
      pong.opcode = opcode::pong;
      pong.payload = frame->payload;
      send(pong);
    }
    if (frame->opcode == opcode::text) return nlohmann::ordered_json::parse(frame->payload);
  }
}

nlohmann::ordered_json ws_client::hear(const std::string& type) {
  for (;;) {
    auto message = hear();
    if (message.is_null() || message["type"] == type) return message;
  }
}

unsigned ws_client::wait_for_close() {
  while (receive()) {
  }
  return close_code_;
}

bool ws_client::has_ended() {
  while (read(false)) {
  }
  return has_ended_;
}

} // namespace latchkey::test
