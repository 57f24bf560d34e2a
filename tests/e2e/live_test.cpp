// live_test.cpp — live sockets with clients that others wrote, and the demonstration.
#include "tests/e2e/script.hpp"
#include "tests/support/certificate.hpp"

namespace latchkey::test {
namespace {

/// Workflows for more tests than there will ever be.
constexpr const char* tiers = "free:projects=3,api_keys=5,workflows=1000000;"
                              "pro:projects=50,api_keys=50,workflows=1000000";

constexpr bool by_tls = true;

/// A server with the sample core manager behind it, and a script against both.
testing::AssertionResult succeeds_live(const std::string& script, const std::string& engine,
                                       bool with_certificate = false) {
  const place where{engine};
  const upstream_process upstream{where.folder()};
  const auto& url = upstream.url();
  auto settings = unlimited({{"CORE_MANAGER_URL", url}, {"TIERS", tiers}});
  if (with_certificate) settings.merge(write_certificate(where.folder()));
  return succeeds(script, where, settings, {{"CORE_MANAGER_URL", url}});
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

} // namespace
} // namespace latchkey::test
