// service_manager_test.cpp — the server as a service of systemd, whose socket a test plays.
#include "tests/product/product.hpp"
#include "tests/support/notify_socket.hpp"

#include <set>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(ServiceOfSystemd, TellsWhenItIsReadyThatItWorksAndWhenItStops) {
  notify_socket systemd;
  const test_store store{"sqlite"};
  server_process server{
      store.settings({{"NOTIFY_SOCKET", systemd.name()}, {"WATCHDOG_USEC", "400000"}}),
      store.folder()};
  EXPECT_EQ(systemd.hear(), "STATUS=Starting");
  std::set<std::string> heard; // by two threads of the server
  for (int i = 0; i < 6; ++i)
    heard.insert(systemd.hear());
  EXPECT_EQ(heard, (std::set<std::string>{"READY=1\nSTATUS=Serving", "WATCHDOG=1"}));
  EXPECT_EQ(exchange(server.port(), get("/health")).status, 200);
  EXPECT_EQ(server.stop(), 0);
  std::string last;
  for (auto next = systemd.hear(0ms); !next.empty(); next = systemd.hear(0ms))
    if (next != "WATCHDOG=1") last = next;
  EXPECT_EQ(last, "STOPPING=1\nSTATUS=Stopping");
}

} // namespace
} // namespace latchkey::test
