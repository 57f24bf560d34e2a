// service_manager_test.cpp — what systemd would hear; a test plays its socket.
#include "gateway/service_manager.hpp"

#include "tests/support/notify_socket.hpp"

#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <unistd.h>

namespace latchkey::gateway {
namespace {

using namespace std::chrono_literals;
using latchkey::test::notify_socket;
using variables = std::map<std::string, std::string>;

/// The process's own environment for as long as this lives.
class with_environment {
public:
  explicit with_environment(const variables& all) : all_(all) {
    for (const auto& [name, value] : all)
      ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~with_environment() {
    for (const auto& [name, value] : all_)
      ::unsetenv(name.c_str());
  }
  with_environment(const with_environment&) = delete;
  with_environment& operator=(const with_environment&) = delete;

private:
  variables all_;
};

TEST(ServiceManager, HearsOfTheServersLife) {
  notify_socket systemd;
  const with_environment told{{{"NOTIFY_SOCKET", systemd.name()}}};
  const service_manager manager;
  manager.say_status("Starting");
  EXPECT_EQ(systemd.hear(), "STATUS=Starting");
  manager.say_ready("Serving");
  EXPECT_EQ(systemd.hear(), "READY=1\nSTATUS=Serving");
  manager.say_stopping("Stopping");
  EXPECT_EQ(systemd.hear(), "STOPPING=1\nSTATUS=Stopping");
  EXPECT_EQ(manager.watchdog(), 0us);
}

TEST(ServiceManager, HearsThatTheServerWorksOnlyWhileItDoes) {
  notify_socket systemd;
  const with_environment told{{{"NOTIFY_SOCKET", systemd.name()},
                               {"WATCHDOG_USEC", "40000"},
                               {"WATCHDOG_PID", std::to_string(::getpid())}}};
  std::atomic<bool> works = true;
  const service_manager manager;
  const auto begun = std::chrono::steady_clock::now();
  const auto watchdog = manager.keep_watchdog([&works] { return works.load(); });
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(systemd.hear(), "WATCHDOG=1");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 60ms) << "one at once, then each 20 ms";
  works = false;
  while (!systemd.hear(200ms).empty()) {
  }
  EXPECT_EQ(systemd.hear(200ms), "") << "it is stuck";
  works = true;
  EXPECT_EQ(systemd.hear(), "WATCHDOG=1");
}

TEST(ServiceManager, ExpectsNoWordOfAnotherProcess) {
  notify_socket systemd;
  const with_environment told{
      {{"NOTIFY_SOCKET", systemd.name()}, {"WATCHDOG_USEC", "40000"}, {"WATCHDOG_PID", "1"}}};
  const service_manager manager;
  EXPECT_EQ(manager.watchdog(), 0us);
  const auto watchdog = manager.keep_watchdog([] { return true; });
  EXPECT_EQ(systemd.hear(200ms), "");
}

TEST(ServiceManager, IsNotThereForAServerThatAShellStarted) {
  const service_manager nobody;
  nobody.say_ready("Serving");
  const with_environment told{{{"NOTIFY_SOCKET", "/nowhere/at/all"}}};
  const service_manager gone;
  gone.say_ready("Serving"); // a line of the log, and no more
}

} // namespace
} // namespace latchkey::gateway
