#include "tests/support/server_process.hpp"

#include "tests/support/dependent_child.hpp"
#include "tests/support/http_client.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {
namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void throw_errno(const std::string& action) {
  throw std::runtime_error(action + ": " + std::strerror(errno));
}

/// NAME=value texts, and the array of pointers that execve() takes.
class environment_block {
public:
  explicit environment_block(const environment& variables) {
    for (const auto& [name, value] : variables)
      texts_.push_back(name + "=" + value);
    for (const auto* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
      if (const char* value = std::getenv(name)) texts_.push_back(name + std::string{"="} + value);
    for (auto& text : texts_)
      pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char* const* data() const { return pointers_.data(); }

private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

int standard_input_of(const std::string& text) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  // Short enough for the pipe to hold it.
  const auto written = write(ends[1], text.data(), text.size());
  close(ends[1]);
  if (written != static_cast<ssize_t>(text.size())) throw_errno("write");
  return ends[0];
}

} // namespace

child_process::child_process(const std::vector<std::string>& words, const environment& variables,
                             const std::string& folder, const std::string& standard_input) {
  std::string err_pattern = folder + "/stderr-XXXXXX";
  const int err = mkostemp(err_pattern.data(), O_CLOEXEC | O_APPEND);
  if (err < 0) throw_errno("cannot make a file in " + folder);
  err_path_ = err_pattern;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  const int in = standard_input_of(standard_input);
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const environment_block block{variables};
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) { // between fork and exec: system calls only
    depend_on(parent, SIGKILL);
    if (chdir(folder.c_str()) != 0 || dup2(in, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(err, 2) < 0)
      _exit(126);
    execve(arguments[0], arguments.data(), block.data());
    _exit(127);
  }
  close(in);
  close(err);
  close(ends[1]);
  out_ = ends[0];
  if (pid_ < 0) throw_errno("fork");
  // glibc 2.36 declares pidfd_open() without C linkage.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
}

child_process::~child_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
    }
  }
  close(pidfd_);
  close(out_);
}

void child_process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool child_process::is_running() const {
  pollfd end{pidfd_, POLLIN, 0};
  return pid_ > 0 && poll(&end, 1, 0) == 0;
}

int child_process::wait() {
  if (pid_ <= 0) return code_;
  pollfd end{pidfd_, POLLIN, 0};
  const auto wait_ms =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(patience).count());
  const bool ended = poll(&end, 1, wait_ms) == 1;
  if (!ended) ::kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
  }
  pid_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (!ended) throw std::runtime_error("the process did not end: " + err());
  return code_;
}

/// False: there is no more.
bool child_process::read_more(int wait_ms) {
  pollfd ready{out_, POLLIN, 0};
  if (poll(&ready, 1, wait_ms) != 1) throw std::runtime_error("the process is silent: " + err());
  std::array<char, 4096> part;
  const auto got = read(out_, part.data(), part.size());
  if (got <= 0) return false;
  output_.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

std::string child_process::out_until(const std::string& text, std::chrono::seconds wait_max) {
  const auto end = clock::now() + wait_max;
  auto found = output_.find(text);
  while (found == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0 || !read_more(static_cast<int>(left.count())))
      throw std::runtime_error("the process did not say \"" + text + "\" but: " + output_ + err());
    found = output_.find(text);
  }
  return output_.substr(0, found + text.size());
}

std::string child_process::out(std::chrono::seconds silence_max) {
  constexpr int look_ms = 500; // at stderr, which is a file
  std::size_t said = 0;
  auto silent_since = clock::now();
  while (true) {
    pollfd ready{out_, POLLIN, 0};
    if (poll(&ready, 1, look_ms) == 1 && !read_more(0)) return output_;
    const auto said_now = output_.size() + std::filesystem::file_size(err_path_);
    if (said_now != said) silent_since = clock::now();
    said = said_now;
    if (clock::now() - silent_since > silence_max)
      throw std::runtime_error("the process is silent: " + err());
  }
}

std::string child_process::err() const {
  std::ostringstream text;
  text << std::ifstream(err_path_, std::ios::binary).rdbuf();
  return text.str();
}

std::string latchkey_program() {
  return LATCHKEY_PROGRAM;
}

program_result run_latchkey(std::vector<std::string> arguments, const environment& variables,
                            const std::string& folder, const std::string& standard_input) {
  arguments.insert(arguments.begin(), LATCHKEY_PROGRAM);
  child_process child{arguments, variables, folder, standard_input};
  program_result result;
  result.out = child.out();
  result.exit_code = child.wait();
  result.err = child.err();
  return result;
}

// -- the server -----------------------------------------------------------------------------

namespace {

/// The port of the first URL in `text` that stands after `mark`.
std::uint16_t port_after(const std::string& text, const std::string& mark) {
  const auto host = text.find("://", text.find(mark));
  const auto colon = text.find(':', host + 3);
  std::uint16_t port = 0;
  if (host == std::string::npos || colon == std::string::npos ||
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), port).ec != std::errc{})
    throw std::runtime_error("no port in: " + text);
  return port;
}

std::vector<std::string> followed_by_serve(std::vector<std::string> words) {
  words.insert(words.end(), {LATCHKEY_PROGRAM, "serve"});
  return words;
}

} // namespace

server_process::server_process(const environment& variables, const std::string& folder,
                               std::vector<std::string> before)
    : child_(followed_by_serve(std::move(before)), variables, folder) {
  const auto line = child_.out_until("\n");
  if (!line.starts_with("latchkey is ready: "))
    throw std::runtime_error("the first line is: " + line);
  port_ = port_after(line, "ready: ");
  internal_port_ = port_after(line, "(internal ");
  banner_ = child_.out_until("Ctrl-C stops it.\n");
}

server_process::~server_process() {
  const auto* now = testing::UnitTest::GetInstance()->current_test_info();
  if (now != nullptr && now->result()->Failed()) std::cerr << "-- the server said:\n" << log();
}

/// The system stops its threads one after the other.
void server_process::freeze() const {
  child_.signal(SIGSTOP);
  const auto tasks = "/proc/" + std::to_string(id()) + "/task";
  const auto is_stopped = [](const std::filesystem::path& task) {
    std::ifstream file(task / "stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')'); // "id (name) state …"
    return name_end == std::string::npos || stat.substr(name_end + 2, 1) == "T";
  };
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    bool are_stopped = true;
    for (const auto& task : std::filesystem::directory_iterator(tasks))
      are_stopped = are_stopped && is_stopped(task.path());
    if (are_stopped) return;
    std::this_thread::sleep_for(poll_pause);
  }
  throw std::runtime_error("the process does not stop");
}

void server_process::ask_to_stop() const {
  child_.signal(SIGTERM);
}

int server_process::stop() {
  ask_to_stop();
  return wait();
}

void server_process::kill() {
  child_.signal(SIGKILL);
  child_.wait();
}

} // namespace latchkey::test
