// Real clients against the real server, each a script that says what it found: a validator of
// OpenAPI, JSON Schema, a browser, Python's requests.
#include "tests/product/place.hpp"
#include "tests/support/server_process.hpp"

#include <algorithm>
#include <csignal>
#include <gtest/gtest.h>
#include <map>

namespace latchkey::test {
namespace {

/// A busy machine and the sanitizers included.
constexpr std::chrono::seconds script_max{540};

constexpr const char* service_key = "tester-key-0123456789abcdef";
constexpr const char* stripe_secret = "whsec_0123456789abcdef";

/// A server whose rate limits nobody here reaches.
environment unlimited() {
  return {{"RATE_LIMIT_DEFAULT", "1000000/hour"},
          {"RATE_LIMIT_SERVICE", "1000000/hour"},
          {"LOGIN_FAILURE_LIMIT", "0"},
          {"LOGIN_FAILURE_LIMIT_ADDRESS", "0"},
          {"SERVICE_KEYS", std::string{"tester:"} + service_key},
          {"STRIPE_WEBHOOK_SECRET", stripe_secret},
          {"STRIPE_PRICES", "price_pro=pro"}};
}

struct outcome {
  int exit_code = 0;
  std::string said;
};

/// What a script of this folder needs to know of the server.
environment told_of(const place& where, const server_process& server) {
  const auto url = [](std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); };
  return {{"BASE_URL", url(server.port())},   {"INTERNAL_URL", url(server.internal_port())},
          {"ADMIN_PASSWORD", admin_password}, {"SERVICE_KEY", service_key},
          {"STRIPE_SECRET", stripe_secret},   {"CHROMIUM", E2E_CHROMIUM},
          {"NO_PROXY", "127.0.0.1"},          {"HOME", where.folder()},
          {"TMPDIR", where.folder()}};
}

outcome run(const std::vector<std::string>& words, const place& where,
            const server_process& server) {
  child_process child{words, told_of(where, server), where.folder()};
  outcome found;
  found.said = child.out(script_max);
  found.exit_code = child.wait();
  found.said += child.err();
  return found;
}

/// The script's own words, when it found something wrong.
testing::AssertionResult succeeds(const std::string& script, const std::string& engine) {
  const place where{engine};
  server_process server{where.settings(unlimited()), where.folder()};
  const auto found =
      run({"/usr/bin/env", "node", std::string{E2E_SCRIPTS} + "/" + script}, where, server);
  if (server.stop() != 0) return testing::AssertionFailure() << "the server: " << server.log();
  if (found.exit_code == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << script << " ended with " << found.exit_code << "\n"
                                     << found.said;
}

TEST(ApiDescription, IsValidOpenApiWithValidExamples) {
  EXPECT_TRUE(succeeds("valid_description.mjs", "sqlite"));
}

TEST(ApiDescription, HoldsForEveryOperationAndEveryExample) {
  EXPECT_TRUE(succeeds("examples.mjs", "sqlite"));
}

TEST(ApiDescription, HoldsForEveryOperationOnPostgreSql) {
  EXPECT_TRUE(succeeds("examples.mjs", "postgresql"));
}

using rows = std::vector<std::vector<std::string>>;

/// What the store holds, table by table, but for what every request leaves: times of last use,
/// the audit log, the marks of commits.
std::map<std::string, rows> all_there_is(const place& where) {
  std::map<std::string, rows> found;
  for (const auto& table : where.tables()) {
    if (table == "audit_log" || table == "commit_marks") continue;
    std::string columns;
    for (const auto& column : where.columns(table))
      if (!column.starts_with("last_") || !column.ends_with("_at"))
        columns += (columns.empty() ? "" : ", ") + column;
    found[table] = where.query("SELECT " + columns + " FROM " + table);
    std::sort(found[table].begin(), found[table].end());
  }
  return found;
}

class WrongInput : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(E2e, WrongInput, testing::Values("sqlite", "postgresql"),
                         [](const auto& made) { return made.param; });

TEST_P(WrongInput, IsRefusedWithItsReasonAndChangesNothing) {
  const place where{GetParam()};
  server_process server{where.settings(unlimited()), where.folder()};
  child_process script{{"/usr/bin/env", "node", std::string{E2E_SCRIPTS} + "/wrong_input.mjs"},
                       told_of(where, server),
                       where.folder()};
  // The script waits for a signal at each of these places.
  script.out_until("== prepared ==\n", script_max);
  const auto before = all_there_is(where);
  script.signal(SIGUSR2);
  script.out_until("== attempted ==\n", script_max);
  const auto after = all_there_is(where);
  for (const auto& [table, held] : before)
    EXPECT_EQ(after.at(table), held) << table;
  script.signal(SIGUSR2);
  const auto said = script.out(script_max);
  EXPECT_EQ(script.wait(), 0) << said << script.err();
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Docs, LoadInABrowserAndSendARequest) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("browser.mjs", "sqlite"));
}

TEST(Docs, AreCompressedAndCached) {
  EXPECT_TRUE(succeeds("assets.mjs", "sqlite"));
}

TEST(IntegrationExample, RunsAsItIsPrinted) {
  const place where{"sqlite"};
  server_process server{where.settings(unlimited()), where.folder()};
  const auto found = run({E2E_PYTHON, std::string{E2E_SCRIPTS} + "/run_example.py"}, where, server);
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_EQ(found.said, "right: {'status': 'success'} logged: 0\n"
                        "wrong data: raised 400 Failed to sync user data logged: 1 True\n"
                        "wrong key: raised 403 Invalid service key logged: 2 True\n");
  EXPECT_EQ(where.count("SELECT count(*) FROM users WHERE number = 123"), 1);
  EXPECT_EQ(server.stop(), 0);
}

} // namespace
} // namespace latchkey::test
