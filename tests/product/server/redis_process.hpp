// redis_process.hpp — a Redis for the servers of a test.
#pragma once

#include "tests/config/temporary_folder.hpp"
#include "tests/support/server_process.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

/// On a socket in a folder of its own; scripts/install test brings the program.
class redis_process {
public:
  redis_process() { start(); }
  void start() {
    child_ = std::make_unique<child_process>(
        std::vector<std::string>{"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket(),
                                 "--save", "", "--appendonly", "no"},
        environment{}, folder_ / ".");
    child_->out_until("ready to accept connections");
  }
  void stop() {
    child_->signal(SIGTERM);
    child_->wait();
  }
  std::string socket() const { return folder_ / "redis.sock"; }
  std::string url() const { return "unix://" + socket(); }

private:
  temporary_folder folder_;
  std::unique_ptr<child_process> child_;
};

} // namespace latchkey::test
