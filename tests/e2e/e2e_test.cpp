// Real clients against the real server, each a script that says what it found: a validator of
// OpenAPI, JSON Schema, a browser, Python's requests.
#include "tests/e2e/script.hpp"

#include <algorithm>
#include <csignal>
#include <gtest/gtest.h>
#include <map>

namespace latchkey::test {
namespace {

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
/// the audit log, the marks of commits, and whether mails have gone out meanwhile.
std::map<std::string, rows> all_there_is(const test_store& store) {
  std::map<std::string, rows> found;
  for (const auto& table : store.tables()) {
    if (table == "audit_log" || table == "commit_marks") continue;
    std::string columns;
    for (const auto& column : store.columns(table))
      if (table == "mails" && column != "id" && column != "kind" && column != "recipient")
        continue;
      else if (!column.starts_with("last_") || !column.ends_with("_at"))
        columns += (columns.empty() ? "" : ", ") + column;
    found[table] = store.query("SELECT " + columns + " FROM " + table);
    std::sort(found[table].begin(), found[table].end());
  }
  return found;
}

class WrongInput : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(E2e, WrongInput, testing::Values("sqlite", "postgresql"),
                         [](const auto& made) { return made.param; });

TEST_P(WrongInput, IsRefusedWithItsReasonAndChangesNothing) {
  const test_store store{GetParam()};
  const upstream_process upstream{store.folder()};
  server_process server{store.settings(unlimited({{"CORE_MANAGER_URL", upstream.url()}})),
                        store.folder()};
  child_process script{node("wrong_input.mjs"), environment_of(store, server), store.folder()};
  // The script waits for a signal at each of these places.
  script.out_until("== prepared ==\n", script_max);
  const auto before = all_there_is(store);
  script.signal(SIGUSR2);
  script.out_until("== attempted ==\n", script_max);
  const auto after = all_there_is(store);
  for (const auto& [table, held] : before)
    EXPECT_EQ(after.at(table), held) << table;
  script.signal(SIGUSR2);
  const auto output = script.out(script_max);
  EXPECT_EQ(script.wait(), 0) << output << script.err();
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Docs, LoadInABrowserAndSendARequest) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("browser.mjs", "sqlite"));
}

TEST(Docs, HaveAPlainPageWhoseCommandsRunAsTheyArePrinted) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("plain_page.mjs", "sqlite"));
}

TEST(Docs, AreCompressedAndCached) {
  EXPECT_TRUE(succeeds("assets.mjs", "sqlite"));
}

TEST(IntegrationExample, RunsAsItIsPrinted) {
  const test_store store{"sqlite"};
  const upstream_process upstream{store.folder()};
  server_process server{store.settings(unlimited({{"CORE_MANAGER_URL", upstream.url()}})),
                        store.folder()};
  const auto found = run({E2E_PYTHON, std::string{E2E_SCRIPTS} + "/run_example.py"},
                         environment_of(store, server), store.folder());
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_EQ(found.output, "right: {'status': 'success'} logged: 0\n"
                          "wrong data: raised 400 Failed to sync user data logged: 1 True\n"
                          "wrong key: raised 403 Invalid service key logged: 2 True\n");
  EXPECT_EQ(store.count("SELECT count(*) FROM users WHERE number = 123"), 1);
  EXPECT_EQ(server.stop(), 0);
}

} // namespace
} // namespace latchkey::test
