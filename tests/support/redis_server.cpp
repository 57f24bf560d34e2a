#include "tests/support/redis_server.hpp"

#include "tests/support/dependent_child.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

constexpr auto start_patience = std::chrono::seconds(60);
constexpr auto answer_patience = std::chrono::seconds(30);
constexpr auto look_pause = std::chrono::milliseconds(10);

} // namespace

std::uint16_t free_loopback_port() {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool bound = bind(made, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                     getsockname(made, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  close(made);
  if (!bound) throw std::runtime_error("there is no free port");
  return ntohs(at.sin_port);
}

redis_server::redis_server(options wanted) : options_(std::move(wanted)) {
  // As the program does: TLS writes to what has been closed.
  std::signal(SIGPIPE, SIG_IGN);
  // Short, because the path of a socket may have 107 characters only.
  std::string pattern = "/tmp/lk-redis-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  folder_ = pattern;
  start();
}

redis_server::~redis_server() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> redis_server::command_line() const {
  if (options_.is_sentinel) {
    const auto path = folder_ + "/sentinel.conf";
    std::ofstream out(path);
    out << "port " << options_.port << "\nbind 127.0.0.1\nunixsocket " << socket() << "\ndir "
        << folder_ << '\n';
    for (const auto& line : options_.words)
      out << line << '\n';
    return {"redis-server", path, "--sentinel"};
  }
  std::vector<std::string> words{
      "redis-server", "--bind", "127.0.0.1", "--port", std::to_string(options_.port),
      "--unixsocket", socket(), "--save",    "",       "--appendonly",
      "no",           "--dir",  folder_};
  if (!options_.password.empty()) words.insert(words.end(), {"--requirepass", options_.password});
  words.insert(words.end(), options_.words.begin(), options_.words.end());
  return words;
}

void redis_server::start() {
  const auto words = command_line();
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto output = folder_ + "/log";
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) {
    // Between fork and exec: system calls only.
    depend_on(parent, SIGKILL);
    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(out, 1);
    dup2(out, 2);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  storage::redis_connection probe{address()};
  const auto until = std::chrono::steady_clock::now() + start_patience;
  while (!probe.ping()) {
    if (std::chrono::steady_clock::now() > until || waitpid(process_, nullptr, WNOHANG) != 0)
      throw std::runtime_error("Redis does not start: " + log());
    std::this_thread::sleep_for(look_pause);
  }
}

void redis_server::stop() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void redis_server::signal(int number) const {
  kill(process_, number);
}

storage::redis_reply redis_server::command(const storage::redis_command& words) const {
  storage::redis_connection connection{address(), answer_patience};
  auto replies = connection.run({&words, 1});
  if (!replies) throw std::runtime_error("Redis does not answer: " + replies.error().reason);
  return std::move(replies->front());
}

storage::redis_address redis_server::address() const {
  storage::redis_address out;
  out.socket_path = socket();
  out.password = secret{options_.password};
  return out;
}

std::string redis_server::log() const {
  std::ifstream in(folder_ + "/log");
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace latchkey::test
