// live_test.cpp — live sockets with clients that others wrote, and the demonstration.
#include "tests/e2e/script.hpp"
#include "tests/support/certificate.hpp"

#include <csignal>
#include <filesystem>

namespace latchkey::test {
namespace {

/// Workflows for more tests than there will ever be.
constexpr const char* tiers = "free:projects=3,api_keys=5,workflows=1000000;"
                              "pro:projects=50,api_keys=50,workflows=1000000";

constexpr bool by_tls = true;

/// A server with the sample core manager behind it, and a script against both.
testing::AssertionResult succeeds_live(const std::string& script, const std::string& engine,
                                       bool with_certificate = false) {
  const test_store store{engine};
  const upstream_process upstream{store.folder()};
  const auto& url = upstream.url();
  auto settings = unlimited({{"CORE_MANAGER_URL", url}, {"TIERS", tiers}});
  if (with_certificate) settings.merge(write_certificate(store.folder()));
  return succeeds(script, store, settings, {{"CORE_MANAGER_URL", url}});
}

TEST(LiveSockets, ServeTheClientOfNodePrograms) {
  EXPECT_TRUE(succeeds_live("live.mjs", "sqlite"));
}

TEST(LiveSockets, ServeTheClientOfNodeProgramsOverTls) {
  EXPECT_TRUE(succeeds_live("live.mjs", "sqlite", by_tls));
}

TEST(LiveWorkflows, AreToldAsTheyArePrinted) {
  EXPECT_TRUE(succeeds_live("live_workflows.mjs", "sqlite"));
}

TEST(LiveWorkflows, AreToldOnPostgreSql) {
  EXPECT_TRUE(succeeds_live("live_workflows.mjs", "postgresql"));
}

TEST(LiveWorkflows, AreToldOverTls) {
  EXPECT_TRUE(succeeds_live("live_workflows.mjs", "sqlite", by_tls));
}

TEST(LiveSockets, ServeABrowser) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds_live("live_browser.mjs", "sqlite"));
}

// -- scripts/demo ---------------------------------------------------------------------------

class Demonstration : public testing::Test {
protected:
  test_store store_{"sqlite"};
  const std::vector<std::string> words_{E2E_DEMO, "--built", E2E_BUILT};
  const environment told_{{"HOME", store_.folder()}, {"TMPDIR", store_.folder()}};

  bool has_left_nothing() const {
    for (const auto& entry : std::filesystem::directory_iterator{store_.folder()})
      if (entry.path().filename().string().starts_with("latchkey-demo")) return false;
    return true;
  }
  /// Programs of the demonstration: they work in its folder.
  int still_running() const {
    int count = 0;
    for (const auto& process : std::filesystem::directory_iterator{"/proc"}) {
      std::error_code failed; // it is no process, or not ours
      const auto folder = std::filesystem::read_symlink(process.path() / "cwd", failed);
      const auto program = std::filesystem::read_symlink(process.path() / "exe", failed);
      count += program.filename() != "bash" &&
               folder.string().starts_with(store_.folder() + "/latchkey-demo");
    }
    return count;
  }
};

int times(const std::string& part, const std::string& text) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST_F(Demonstration, ShowsAWorkflowToItsEndAndLeavesNothing) {
  const auto found = run(words_, told_, store_.folder());
  EXPECT_EQ(found.exit_code, 0) << found.output;
  for (int seq = 1; seq <= 9; ++seq)
    EXPECT_EQ(times("\"seq\":" + std::to_string(seq) + ",", found.output), 1) << found.output;
  EXPECT_EQ(times(R"("seq":9,"status":"completed")", found.output), 1) << found.output;
  EXPECT_EQ(times(R"(closed by 4001 "session revoked")", found.output), 1) << found.output;
  EXPECT_EQ(times("\x1b", found.output), 0) << "colours are for terminals";
  EXPECT_EQ(still_running(), 0);
  EXPECT_TRUE(has_left_nothing());
}

TEST_F(Demonstration, EndsAtOnceWhenItIsInterrupted) {
  child_process demo{words_, told_, store_.folder()};
  demo.out_until("\"seq\":2,", script_max);
  EXPECT_EQ(still_running(), 3) << "the server, the core manager and the client";
  demo.signal(SIGINT);
  EXPECT_EQ(demo.wait(), 130) << demo.err();
  EXPECT_EQ(times("completed", demo.out()), 0);
  EXPECT_EQ(still_running(), 0);
  EXPECT_TRUE(has_left_nothing());
}

TEST_F(Demonstration, FailsWhenThereIsNothingToShow) {
  const auto found = run({E2E_DEMO, "--built", store_.folder()}, told_, store_.folder());
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_EQ(found.output, "demo: there is no latchkey in " + store_.folder() + "\n");
}

} // namespace
} // namespace latchkey::test
