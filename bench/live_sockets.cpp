// live_sockets.cpp — what does an idle live socket cost? Signs in once for each, opens them, and
// looks at the server's resident memory on the way and at its CPU time while nobody says a word
// but for pings and pongs.
// Usage: bench_live_sockets PORT SERVER_PID LOGIN PASSWORD [few, 2000] [many, 10000] [idle s, 60]
#include "bench/live_load.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace latchkey::bench;
using clock_type = std::chrono::steady_clock;

/// Resident bytes of that process.
double resident(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/statm"};
  double size = 0;
  double pages = 0;
  file >> size >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Seconds of CPU time of that process.
double cpu_seconds(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string text;
  std::getline(file, text);
  std::istringstream rest{text.substr(text.rfind(')') + 2)};
  std::string word;
  double ticks = 0;
  for (int i = 3; i <= 15 && rest >> word; ++i)
    if (i >= 14) ticks += std::stod(word);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Answers pings for so long; how many came.
long idle(int events, std::chrono::seconds how_long) {
  constexpr std::string_view pong{"\x8a\x80mask", 6};
  const auto end = clock_type::now() + how_long;
  std::array<epoll_event, 256> ready{};
  std::array<char, 4096> bytes{};
  long pings = 0;
  while (clock_type::now() < end) {
    const int count = ::epoll_wait(events, ready.data(), static_cast<int>(ready.size()), 100);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      const auto size = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (size <= 0 || (static_cast<unsigned char>(bytes[0]) & 0xfU) != 9)
        die("a socket was closed");
      send_all(fd, pong);
      ++pings;
    }
  }
  return pings;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 5) die("PORT SERVER_PID LOGIN PASSWORD [few] [many] [idle seconds]");
  const auto number_at = [&](int i, int fallback) {
    return argc > i ? std::atoi(argv[i]) : fallback;
  };
  const int port = std::atoi(argv[1]);
  const std::string pid = argv[2];
  const auto body = sign_in_body(argv[3], argv[4]);
  const int few = number_at(5, 2000);
  const int many = number_at(6, 10000);
  const std::chrono::seconds how_long{number_at(7, 60)};
  raise_limit();
  const int events = ::epoll_create1(EPOLL_CLOEXEC);
  const int http = connected(port, 0);
  double at_few = 0;
  for (int i = 1; i <= many; ++i) {
    const int fd = open_socket(port, i, "/ws", sign_in(http, body));
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.fd = fd;
    ::epoll_ctl(events, EPOLL_CTL_ADD, fd, &interest);
    if (i != few && i != many) continue;
    idle(events, std::chrono::seconds{2}); // what was under way is over
    const auto now = resident(pid);
    if (i == few) at_few = now;
    std::printf("| %d sockets, a session each | %.1f MiB resident |\n", i, now / (1 << 20));
    if (i == many) std::printf("| slope | %.0f bytes a socket |\n", (now - at_few) / (many - few));
    std::fflush(stdout);
  }
  const auto before = cpu_seconds(pid);
  const auto pings = idle(events, how_long);
  const auto used = cpu_seconds(pid) - before;
  std::printf("| idle for %ld s, %ld pings | %.2f %% of a core |\n",
              static_cast<long>(how_long.count()), pings,
              100.0 * used / static_cast<double>(how_long.count()));
}
