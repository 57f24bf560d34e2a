#include "bench/live_load.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace latchkey::bench {
namespace {

/// Ports of one address are too few for all of them.
constexpr int sockets_per_address = 5000;

} // namespace

void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

void raise_limit() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int connected(int port, int number) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("no more sockets: raise the limit of open files");
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + 1 + static_cast<unsigned>(number / sockets_per_address));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    die("cannot connect");
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) die("the server closed a connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t answer_bytes(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  constexpr std::string_view name = "Content-Length: ";
  const auto at = received.find(name);
  std::size_t size = 0;
  if (at < end) {
    const auto digits = received.substr(at + name.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
  }
  return received.size() >= end + 4 + size ? end + 4 + size : 0;
}

std::string receive_answer(int fd) {
  std::string out;
  std::array<char, 4096> bytes{};
  for (;;) {
    if (answer_bytes(out) > 0) return out;
    const auto size = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (size <= 0) die("the server closed a connection");
    out.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

std::string sign_in_body(const std::string& login, const std::string& password) {
  return R"({"username":")" + login + R"(","password":")" + password + R"("})";
}

std::string sign_in(int fd, const std::string& body) {
  send_all(fd, "POST /auth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
               "Content-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
  const auto answer = receive_answer(fd);
  constexpr std::string_view name = "\"access_token\":\"";
  const auto at = answer.find(name);
  if (at == std::string::npos) die("cannot sign in: " + answer);
  const auto begin = at + name.size();
  return answer.substr(begin, answer.find('"', begin) - begin);
}

int open_socket(int port, int number, const std::string& target, const std::string& token) {
  const int fd = connected(port, number);
  std::string handshake = "GET " + target +
                          " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                          "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!token.empty()) handshake += "Authorization: Bearer " + token + "\r\n";
  send_all(fd, handshake + "\r\n");
  const auto answer = receive_answer(fd);
  if (!answer.starts_with("HTTP/1.1 101")) die("refused: " + answer);
  return fd;
}

std::string masked_text(std::string_view text) {
  if (text.size() > 125) die("a message is too long for a short frame");
  std::string out{"\x81"};
  out += static_cast<char>(0x80U | static_cast<unsigned>(text.size()));
  return out.append(4, '\0').append(text); // a mask of zeros
}

} // namespace latchkey::bench
