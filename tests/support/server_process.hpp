// server_process.hpp — the real binary as a child: started with an environment of its own,
// waited for without sleeping, and gone when its owner is, however a test ends.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

using environment = std::map<std::string, std::string>;

/// A child of this process. It is killed and reaped with its owner.
class child_process {
public:
  /// Runs `words` in `folder` with `variables` and nothing else in its environment, but
  /// PATH and the sanitizers' options; its stderr goes to a file in `folder`. It also dies
  /// with the thread that starts it.
  child_process(const std::vector<std::string>& words, const environment& variables,
                const std::string& folder, const std::string& standard_input = {});
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t id() const noexcept { return pid_; }
  void signal(int number) const;
  bool is_running() const;
  /// Its exit code, or minus the signal that ended it. One that is still running after
  /// `patience` is killed: std::runtime_error.
  int wait();
  /// What it wrote to stdout up to and with `text`. std::runtime_error when `text` does not come
  /// within `wait_max`.
  std::string out_until(const std::string& text,
                        std::chrono::seconds wait_max = std::chrono::seconds{60});
  /// Everything it wrote to stdout, up to its end. It may take its time as long as it says
  /// something, on stdout or stderr, within each `silence_max`.
  std::string out(std::chrono::seconds silence_max = std::chrono::seconds{60});
  std::string err() const;

private:
  bool read_more(int wait_ms);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int out_ = -1;
  int code_ = 0;
  std::string output_;
  std::string err_path_;
};

struct program_result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// The binary's path.
std::string latchkey_program();

/// The binary with these arguments, to its end.
program_result run_latchkey(std::vector<std::string> arguments, const environment& variables,
                            const std::string& folder, const std::string& standard_input = {});

/// `latchkey serve`, ready when constructed. When a test has failed, what it logged is
/// printed as it goes.
class server_process {
public:
  /// `before` is a program that runs the server in its own place: `nice`, `unshare` and the like.
  server_process(const environment& variables, const std::string& folder,
                 std::vector<std::string> before = {});
  ~server_process();

  std::uint16_t port() const noexcept { return port_; }
  std::uint16_t internal_port() const noexcept { return internal_port_; }
  pid_t id() const noexcept { return child_.id(); }
  /// False once it has ended by itself.
  bool is_running() const { return child_.is_running(); }
  /// Nothing of it runs from now until `thaw`.
  void freeze() const;
  void thaw() const { child_.signal(SIGCONT); }
  /// Everything it says at start.
  const std::string& banner() const noexcept { return banner_; }
  std::string log() const { return child_.err(); }

  /// SIGTERM without waiting; and its exit code, which is 0 after a drain.
  void ask_to_stop() const;
  int wait() { return child_.wait(); }
  int stop();
  /// SIGKILL, and waits.
  void kill();

private:
  child_process child_;
  std::string banner_;
  std::uint16_t port_ = 0;
  std::uint16_t internal_port_ = 0;
};

} // namespace latchkey::test
