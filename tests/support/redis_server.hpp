// redis_server.hpp — a private Redis for tests: its own folder with a unix socket in it and, if it
// is asked for, a port of the loopback. It dies with the thread that started it, however that ends.
#pragma once

#include "storage/redis/connection.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

/// A port of 127.0.0.1 that nobody uses just now.
std::uint16_t free_loopback_port();

class redis_server {
public:
  struct options {
    std::string password = {};
    std::uint16_t port = 0;              // 0: the unix socket alone
    std::vector<std::string> words = {}; // further ones of its command line
    bool is_sentinel = false;            // of a configuration that consists of `words`, one a line
  };

  /// Answers when constructed; std::runtime_error with its own words when it does not start.
  redis_server() : redis_server(options{}) {}
  explicit redis_server(options wanted);
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  /// After a stop; what it had kept is gone.
  void start();
  /// SIGKILL, and waits.
  void stop();
  void signal(int number) const;
  /// Sends one command by a connection of its own, as an administrator would; its reply.
  storage::redis_reply command(const storage::redis_command& words) const;

  std::string socket() const { return folder_ + "/redis.sock"; }
  const std::string& folder() const noexcept { return folder_; }
  /// By the unix socket, with the password.
  storage::redis_address address() const;

private:
  std::vector<std::string> command_line() const;
  std::string log() const;

  options options_;
  std::string folder_;
  pid_t process_ = -1;
};

} // namespace latchkey::test
