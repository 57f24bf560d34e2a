// live_pings.cpp — how many round trips do live sockets make? On each, the next message goes when
// the last one has been answered.
// Usage: bench_live_pings PORT SOCKETS SECONDS [LOGIN PASSWORD]   without a login: an echo server
#include "bench/live_load.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <vector>

namespace {

using namespace latchkey::bench;
using clock_type = std::chrono::steady_clock;

/// Bytes of the frame that begins there, or 0 while that does not show.
std::size_t frame_size(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[0] != '\x81') die("an answer is no text: is the socket closed?");
  const std::size_t size = static_cast<unsigned char>(bytes[1]);
  if (size < 126) return 2 + size;
  if (size > 126) die("an answer is very long");
  if (bytes.size() < 4) return 0;
  const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(bytes[i])}; };
  return 4 + at(2) * 256 + at(3);
}

struct one_socket {
  int fd;
  std::string input;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 6) die("PORT SOCKETS SECONDS [LOGIN PASSWORD]");
  const int port = std::atoi(argv[1]);
  const int count = std::atoi(argv[2]);
  const std::chrono::seconds how_long{std::atoi(argv[3])};
  std::string token;
  if (argc == 6) token = sign_in(connected(port, 0), sign_in_body(argv[4], argv[5]));
  const auto ping = masked_text(R"({"type":"ping","id":"a1"})");
  const int events = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<one_socket> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({open_socket(port, i, "/ws", token), {}});
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u32 = static_cast<std::uint32_t>(i);
    ::epoll_ctl(events, EPOLL_CTL_ADD, all.back().fd, &interest);
    send_all(all.back().fd, ping);
  }
  long answers = 0;
  const auto begin = clock_type::now();
  std::array<epoll_event, 256> ready{};
  std::array<char, 4096> bytes{};
  while (clock_type::now() < begin + how_long) {
    const int woken = ::epoll_wait(events, ready.data(), static_cast<int>(ready.size()), 1000);
    if (woken == 0) die("nothing is answered any more");
    for (int i = 0; i < woken; ++i) {
      auto& one = all[ready[static_cast<std::size_t>(i)].data.u32];
      const auto got = ::recv(one.fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) die("a socket was closed");
      one.input.append(bytes.data(), static_cast<std::size_t>(got));
      const auto size = frame_size(one.input);
      if (size == 0 || one.input.size() < size) continue;
      if (one.input.size() > size) die("an answer came that nobody asked for");
      one.input.clear();
      ++answers;
      send_all(one.fd, ping);
    }
  }
  const std::chrono::duration<double> took = clock_type::now() - begin;
  std::printf("%.0f\n", static_cast<double>(answers) / took.count());
}
