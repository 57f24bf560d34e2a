// notify_socket.hpp — the end of systemd that services tell how they are (NOTIFY_SOCKET).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey::test {

/// A name of the abstract namespace, which the kernel chooses.
class notify_socket {
public:
  notify_socket() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(socket_, generic, sizeof(sa_family_t)) != 0 ||
        ::getsockname(socket_, generic, &size) != 0)
      throw std::runtime_error("no socket to be told on");
    name_.assign(address.sun_path, size - offsetof(sockaddr_un, sun_path));
    name_.front() = '@';
  }
  ~notify_socket() { ::close(socket_); }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// The next datagram; empty when none comes within `wait_max`.
  std::string hear(std::chrono::milliseconds wait_max = std::chrono::seconds{30}) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(wait_max.count())) != 1) return {};
    std::array<char, 4096> part;
    const auto got = ::recv(socket_, part.data(), part.size(), 0);
    return got < 0 ? std::string{} : std::string(part.data(), static_cast<std::size_t>(got));
  }

private:
  int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string name_;
};

} // namespace latchkey::test
