// command_line_test.cpp — what an operator types and reads.
#include "tests/product/commands/command_line.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace latchkey::test {
namespace {

class CommandLine : public OnACommandLine {};
LATCHKEY_ON_BOTH_ENGINES(CommandLine);

TEST_P(CommandLine, BringsTheSchemaUpToDateOnce) {
  const auto first = run({"migrate"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(says(first.out, "applied 0001_")) << first.out;
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 0);
  const auto second = run({"migrate"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(says(second.out, "\nthe schema is up to date\n")) << second.out;
  const auto store =
      GetParam() == "sqlite" ? "store: SQLite, " + store_.folder() : "store: Postgre";
  EXPECT_EQ(second.out.rfind(store, 0), 0u) << second.out;
}

TEST_P(CommandLine, CreatesAnAdministratorBesideARunningServer) {
  product instance{std::move(store_)};
  const auto create = [&](std::vector<std::string> more, const std::string& standard_input) {
    std::vector<std::string> words{"admin", "create"};
    words.insert(words.end(), more.begin(), more.end());
    return run_latchkey(words, instance.settings, instance.store.folder(), standard_input);
  };
  const auto made = create({"--username", "second", "--email", "second@example.com"}, "");
  EXPECT_EQ(made.exit_code, 0) << made.err;
  const std::string mark = "password, shown once: ";
  const auto at = made.out.find(mark);
  ASSERT_NE(at, std::string::npos) << made.out;
  const auto shown = made.out.substr(at + mark.size(), made.out.find('\n', at) - at - mark.size());
  const auto held = instance.sign_in("second", shown);
  EXPECT_EQ(json_of(instance.call(get("/auth/me").as(held.access)))["is_superuser"], true);

  const auto given =
      create({"--username", "third", "--email", "third@example.com", "--password-stdin"},
             "from standard input\r\n");
  EXPECT_EQ(given.exit_code, 0) << given.err;
  EXPECT_FALSE(says(given.out, "standard input")) << given.out;
  EXPECT_FALSE(instance.sign_in("third@example.com", "from standard input").access.empty());

  const auto taken = create({"--username", "SECOND", "--email", "x@example.com"}, "");
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_TRUE(says(taken.err, "username")) << taken.err;
  const auto weak = create(
      {"--username", "fourth", "--email", "fourth@example.com", "--password-stdin"}, "password\n");
  EXPECT_EQ(weak.exit_code, 1);
  EXPECT_TRUE(says(weak.err, "most common")) << weak.err;
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM users"), 3);
  const std::string audited = "SELECT count(*) FROM audit_log WHERE action = 'user.admin_created' ";
  EXPECT_EQ(instance.store.count(audited + "AND actor = 'cli'"), 2);
  EXPECT_EQ(instance.store.count(audited + "AND actor = 'settings'"), 1);
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(CommandLine, ShowsTheFirstAdministratorsPasswordOnceAndOnlyOnce) {
  product instance{std::move(store_), {{"ADMIN_PASSWORD", ""}}};
  const std::string mark = "password, shown this once: ";
  const auto banner = instance.server->banner();
  const auto at = banner.find(mark);
  ASSERT_NE(at, std::string::npos) << banner;
  EXPECT_TRUE(says(banner, "created the administrator admin")) << banner;
  const auto shown = banner.substr(at + mark.size(), banner.find('\n', at) - at - mark.size());
  EXPECT_GE(shown.size(), 20u);
  const auto held = instance.sign_in("admin", shown);
  EXPECT_EQ(json_of(instance.call(get("/auth/me").as(held.access)))["is_superuser"], true);
  EXPECT_EQ(instance.server->stop(), 0);
  EXPECT_FALSE(says(instance.server->log(), shown)) << "it belongs to the terminal, not into a log";

  instance.start();
  EXPECT_FALSE(says(instance.server->banner(), "password, shown")) << instance.server->banner();
  EXPECT_FALSE(says(instance.server->banner(), "First start")) << instance.server->banner();
  EXPECT_FALSE(instance.sign_in("admin", shown).access.empty());
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(CommandLine, DoesNotShowAPasswordThatWasGiven) {
  product instance{std::move(store_)};
  EXPECT_FALSE(says(instance.server->banner(), admin_password)) << instance.server->banner();
  EXPECT_FALSE(instance.sign_in("admin", admin_password).access.empty());
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(CommandLine, PrintsFirstStepsThatWork) {
  product instance{std::move(store_)};
  // The lines as they are printed, in one shell, each to end with a good status.
  std::string script = "set -eu\n";
  std::size_t lines = 0;
  std::istringstream banner{instance.server->banner()};
  for (std::string line; std::getline(banner, line);) {
    if (!says(line, "curl ")) continue;
    for (std::size_t at = 0; (at = line.find("curl ", at)) != std::string::npos; at += 12)
      line.insert(at + 5, "--fail ");
    script += line + "\necho\n";
    ++lines;
  }
  EXPECT_EQ(lines, 5u);
  child_process shell{
      {"/bin/bash", "-c", script}, {{"PATH", "/usr/bin:/bin"}}, instance.store.folder()};
  const auto output = shell.out();
  EXPECT_EQ(shell.wait(), 0) << script << output << shell.err();
  std::istringstream answers{output};
  std::vector<json> given;
  for (std::string line; std::getline(answers, line);)
    if (!line.empty()) given.push_back(json::parse(line, nullptr, false));
  ASSERT_EQ(given.size(), 4u) << output; // the sign-in's answer goes into TOKEN
  EXPECT_EQ(given[0]["username"], "ada");
  EXPECT_EQ(given[1], given[0]);
  EXPECT_TRUE(given[2]["access_token"].is_string()) << output;
  EXPECT_EQ(given[3], (json{{"message", "Logout successful"}}));
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(CommandLine, TellsTheFirstPasswordByTheFirstStartThatSucceeds) {
  product other{"sqlite"};
  const auto taken = run({"serve"}, {{"HTTP_PORT", std::to_string(other.server->port())},
                                     {"INTERNAL_PORT", "0"},
                                     {"ADMIN_PASSWORD", ""}});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 0);
  product instance{std::move(store_), {{"ADMIN_PASSWORD", ""}}};
  EXPECT_TRUE(says(instance.server->banner(), "password, shown this once: "))
      << instance.server->banner();
  EXPECT_EQ(instance.server->stop(), 0);
}

// -- what needs no store -------------------------------------------------------------------------

TEST_P(CommandLine, FailsWhenItsWordsCannotBeWritten) {
  ASSERT_EQ(run({"migrate"}).exit_code, 0);
  for (const std::string words :
       {"migrate", "config check", "version", "help", "users import --help", "routes",
        "users import /dev/null", "service-key list", "service-key create reports",
        "admin create --username ada --email ada@example.com", "audit"}) {
    child_process shell{
        {"/bin/sh", "-c", "exec \"$0\" " + words + " > /dev/full", latchkey_program()},
        store_.settings(),
        store_.folder()};
    EXPECT_EQ(shell.wait(), 1) << words;
    EXPECT_TRUE(says(shell.err(), "latchkey: the output could not be written")) << shell.err();
  }
}

} // namespace
} // namespace latchkey::test
