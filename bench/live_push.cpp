// live_push.cpp — how long until a status has come to every live socket?
// Usage: bench_live_push PORT INTERNAL_PORT LOGIN PASSWORD SERVICE_KEY SOCKETS RUNS ROUNDS
//        bench_live_push raw CORE BYTES SOCKETS ROUNDS
// The first starts RUNS workflows, shares SOCKETS among them and reports the next status of each
// run in every round; the second is a loop of send() on that core. Prints a line a round: the
// microseconds from the report to the last socket that had it, for each socket.
#include "bench/live_load.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace latchkey::bench;
using clock_type = std::chrono::steady_clock;

struct one_socket {
  int fd;
  std::string input;
};

/// The frame that begins there, or 0 bytes while it is not whole.
std::size_t frame_size(std::string_view bytes) {
  if (bytes.size() < 4) return 0;
  if (bytes[0] != '\x81') die("what came is no text: is the socket closed?");
  const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(bytes[i])}; };
  if (at(1) > 126) die("a frame is very long");
  const auto whole = at(1) < 126 ? 2 + at(1) : 4 + at(2) * 256 + at(3);
  return bytes.size() < whole ? 0 : whole;
}

class audience {
public:
  void add(int fd) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u32 = static_cast<std::uint32_t>(all_.size());
    all_.push_back({fd, {}});
    ::epoll_ctl(events_, EPOLL_CTL_ADD, fd, &interest);
  }
  /// The next frame of that socket.
  std::string hear(std::size_t i) {
    auto& one = all_[i];
    std::size_t size = 0;
    while ((size = frame_size(one.input)) == 0)
      read(one);
    auto out = one.input.substr(0, size);
    one.input.erase(0, size);
    return out;
  }
  /// Until every socket has heard one more frame.
  void hear_all() {
    std::size_t missing = all_.size();
    std::array<epoll_event, 1024> ready{};
    while (missing > 0) {
      const int woken = ::epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), 10'000);
      if (woken == 0) die("a status did not come to " + std::to_string(missing) + " sockets");
      for (int i = 0; i < woken; ++i) {
        auto& one = all_[ready[static_cast<std::size_t>(i)].data.u32];
        read(one);
        for (auto size = frame_size(one.input); size > 0; size = frame_size(one.input)) {
          one.input.erase(0, size);
          --missing;
        }
      }
    }
  }
  int fd(std::size_t i) const { return all_[i].fd; }
  std::size_t size() const { return all_.size(); }

private:
  static void read(one_socket& one) {
    std::array<char, 4096> bytes{};
    const auto got = ::recv(one.fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) die("a socket was closed");
    one.input.append(bytes.data(), static_cast<std::size_t>(got));
  }

  const int events_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<one_socket> all_;
};

void show(clock_type::time_point begin, std::size_t sockets) {
  const std::chrono::duration<double, std::micro> took = clock_type::now() - begin;
  std::printf("%.3f\n", took.count() / static_cast<double>(sockets));
  std::fflush(stdout);
}

// -- statuses of workflows --------------------------------------------------------------------

std::string member(const std::string& text, const std::string& name) {
  const auto at = text.find("\"" + name + "\":\"");
  if (at == std::string::npos) die("there is no " + name + " in " + text);
  const auto begin = at + name.size() + 4;
  return text.substr(begin, text.find('"', begin) - begin);
}

std::string start_workflow(audience& all, std::size_t i) {
  send_all(all.fd(i), masked_text(R"({"type":"start_workflow","id":"run)" + std::to_string(i) +
                                  R"(","data":{"workflow_type":"bench"}})"));
  return member(all.hear(i), "workflow_id");
}

void watch_run(audience& all, std::size_t i, const std::string& run) {
  send_all(all.fd(i), masked_text(R"({"type":"resume","id":"r","data":{"workflow_id":")" + run +
                                  R"(","last_seq":1}})"));
  if (all.hear(i).find("\"ack\"") == std::string::npos) die("a run cannot be resumed");
}

std::string report(const std::string& run, int round, const std::string& service_key) {
  const auto body = R"({"sequence":)" + std::to_string(round) +
                    R"(,"status":"in_progress","step":"deploying","progress":0.5})";
  return "POST /internal/workflows/" + run +
         "/status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
         "application/json\r\nX-Service-Key: " +
         service_key + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

int push_statuses(char** words) {
  const int port = std::atoi(words[0]);
  const std::string service_key = words[4];
  const auto sockets = static_cast<std::size_t>(std::atoi(words[5]));
  const auto runs = static_cast<std::size_t>(std::atoi(words[6]));
  const int rounds = std::atoi(words[7]);
  const auto token = sign_in(connected(port, 0), sign_in_body(words[2], words[3]));
  audience all;
  std::vector<std::string> ids;
  std::vector<int> reporters;
  for (std::size_t i = 0; i < runs; ++i)
    reporters.push_back(connected(std::atoi(words[1]), 0));
  for (std::size_t i = 0; i < sockets; ++i) {
    all.add(open_socket(port, static_cast<int>(i), "/ws", token));
    if (i < runs)
      ids.push_back(start_workflow(all, i));
    else
      watch_run(all, i, ids[i % runs]);
  }
  for (int round = 1; round <= rounds; ++round) {
    const auto begin = clock_type::now();
    for (std::size_t i = 0; i < runs; ++i)
      send_all(reporters[i], report(ids[i], round, service_key));
    all.hear_all();
    show(begin, sockets);
    for (const int reporter : reporters)
      if (const auto answer = receive_answer(reporter); !answer.starts_with("HTTP/1.1 200"))
        die("a status was refused: " + answer);
  }
  return 0;
}

// -- the fewest that it could take --------------------------------------------------------------

/// Accepts, and says the frame to all whenever it is told.
[[noreturn]] void say_to_all(int listener, int control, int core, const std::string& frame,
                             int sockets) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(core), &cores);
  ::sched_setaffinity(0, sizeof cores, &cores);
  std::vector<int> all;
  for (int i = 0; i < sockets; ++i) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) die("cannot accept");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    all.push_back(fd);
  }
  char word = 0;
  while (::recv(control, &word, 1, 0) == 1)
    for (const int fd : all)
      ::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  std::exit(0);
}

int push_raw(char** words) {
  const int core = std::atoi(words[0]);
  const auto bytes = static_cast<std::size_t>(std::atoi(words[1]));
  const int sockets = std::atoi(words[2]);
  const int rounds = std::atoi(words[3]);
  if (bytes < 130 || bytes > 65'535) die("BYTES: 130 to 65535");
  std::string frame{"\x81\x7e"};
  frame += static_cast<char>((bytes - 4) / 256);
  frame += static_cast<char>((bytes - 4) % 256);
  frame.append(bytes - 4, 'x');
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  int control[2];
  if (::bind(listener, reinterpret_cast<sockaddr*>(&where), size) != 0 ||
      ::listen(listener, 1024) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM, 0, control) != 0)
    die("there is no port");
  const auto child = ::fork();
  if (child == 0) {
    ::close(control[0]);
    say_to_all(listener, control[1], core, frame, sockets);
  }
  ::close(control[1]);
  audience all;
  for (int i = 0; i < sockets; ++i)
    all.add(connected(ntohs(where.sin_port), i));
  for (int round = 0; round < rounds; ++round) {
    const auto begin = clock_type::now();
    send_all(control[0], "1");
    all.hear_all();
    show(begin, all.size());
  }
  ::close(control[0]);
  ::waitpid(child, nullptr, 0);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  raise_limit();
  if (argc == 6 && std::string_view{argv[1]} == "raw") return push_raw(argv + 2);
  if (argc == 9) return push_statuses(argv + 1);
  die("PORT INTERNAL_PORT LOGIN PASSWORD SERVICE_KEY SOCKETS RUNS ROUNDS, or raw CORE BYTES "
      "SOCKETS ROUNDS");
}
