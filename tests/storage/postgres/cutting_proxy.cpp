#include "tests/storage/postgres/cutting_proxy.hpp"

#include <cstring>
#include <filesystem>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

constexpr const char* socket_name = "/.s.PGSQL.5432";
constexpr int poll_ms = 20;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

bool send_all(int to, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto n = send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

/// Empty at the end of the stream.
std::string receive(int from) {
  std::string bytes(65536, '\0');
  const auto n = recv(from, bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

} // namespace

cutting_proxy::cutting_proxy(const std::string& server_folder)
    : server_path_(server_folder + socket_name) {
  std::string pattern = "/tmp/lk-cut-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  folder_ = pattern;
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(folder_ + socket_name);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 16) != 0)
    throw std::runtime_error("cannot listen on a unix socket");
  acceptor_ = std::thread([this] { accept_all(); });
}

cutting_proxy::~cutting_proxy() {
  stopping_ = true;
  acceptor_.join();
  for (auto& t : conversations_)
    t.join();
  close(listener_);
  if (held_server_ >= 0) close(held_server_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void cutting_proxy::accept_all() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, poll_ms) != 1) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) conversations_.emplace_back([this, client] { serve(client); });
  }
}

bool cutting_proxy::deliver() {
  const int server = held_server_.exchange(-1);
  if (server < 0) return false;
  send_all(server, held_);
  // An answer that begins with 'C' (CommandComplete) means that it was run.
  const auto answer = receive(server);
  close(server);
  return !answer.empty() && answer[0] == 'C';
}

/// Whether the conversation goes on.
bool cutting_proxy::forward(int client, int server, const std::string& chunk) {
  if (chunk.find("; COMMIT") == std::string::npos) return send_all(server, chunk);
  ++commits_;
  switch (next_.exchange(at_commit::pass)) {
  case at_commit::pass:
    if (before_) before_();
    return send_all(server, chunk);
  case at_commit::cut_before:
    return false;
  case at_commit::cut_after:
    send_all(server, chunk);
    receive(server);
    return false;
  case at_commit::swallow:
    return true;
  case at_commit::cut_then_deliver:
    held_ = chunk;
    held_server_ = dup(server);
    shutdown(client, SHUT_RDWR);
    return false;
  }
  return false;
}

void cutting_proxy::serve(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(server_path_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open && !stopping_) {
    pollfd waiting[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(waiting, 2, poll_ms) <= 0) continue;
    if (waiting[0].revents != 0) {
      const auto chunk = receive(client);
      open = !chunk.empty() && forward(client, server, chunk);
    }
    if (open && waiting[1].revents != 0) {
      const auto chunk = receive(server);
      open = !chunk.empty() && send_all(client, chunk);
    }
  }
  close(client);
  close(server);
}

} // namespace latchkey::test
