// export_file_test.cpp — what `users export` writes, and what is left when it cannot.
#include "tests/product/product.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

class ExportFile : public testing::TestWithParam<std::string> {
protected:
  test_store store_{GetParam()};

  program_result run(const test_store& store, std::vector<std::string> words,
                     const std::string& standard_input = {}) const {
    words.insert(words.begin(), "users");
    return run_latchkey(std::move(words), store.settings(), store.folder(), standard_input);
  }
  void add(const std::string& line) const {
    const auto done = run(store_, {"import", "-"}, line);
    EXPECT_EQ(done.exit_code, 0) << done.err;
  }
};
LATCHKEY_ON_BOTH_ENGINES(ExportFile);

TEST_P(ExportFile, HasUsersWhoGoByALongEmailAsTheyComeInAgain) {
  // As sync-user adds them: longer than a username may be that is none.
  const auto email = std::string(60, 'a') + "@" + std::string(40, 'b') + ".example";
  const auto line = json{{"username", email}, {"email", email}}.dump();
  add(line);
  const auto exported = run(store_, {"export", "-"});
  const test_store empty{GetParam()};
  EXPECT_EQ(run(empty, {"import", "-"}, exported.out).exit_code, 0);
  EXPECT_EQ(empty.count("SELECT count(*) FROM users WHERE username = '" + email + "'"), 1);
}

TEST_P(ExportFile, WritesAFileOfItsOwnThatNobodyElseCanRead) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  // What somebody left, or put there, with a mode of their own.
  const auto unfinished = store_.folder() + "/out.jsonl.unfinished";
  std::ofstream(unfinished) << "theirs";
  ASSERT_EQ(chmod(unfinished.c_str(), 0666), 0);
  ASSERT_EQ(link(unfinished.c_str(), (store_.folder() + "/kept").c_str()), 0);
  const auto done = run(store_, {"export", "out.jsonl"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  struct stat about {};
  ASSERT_EQ(stat((store_.folder() + "/out.jsonl").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(contents(store_.folder() + "/kept"), "theirs");
  EXPECT_NE(stat(unfinished.c_str(), &about), 0);
}

TEST_P(ExportFile, NeverOverwritesWhateverHasTheName) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  const auto folder = store_.folder() + "/";
  std::ofstream(folder + "file") << "theirs";
  ASSERT_EQ(symlink((folder + "file").c_str(), (folder + "link").c_str()), 0);
  ASSERT_EQ(symlink((folder + "nowhere").c_str(), (folder + "dangling").c_str()), 0);
  ASSERT_EQ(mkdir((folder + "folder").c_str(), 0700), 0);
  ASSERT_EQ(mkfifo((folder + "pipe").c_str(), 0600), 0);
  for (const std::string name : {"file", "link", "dangling", "folder", "pipe"}) {
    const auto done = run(store_, {"export", name});
    EXPECT_EQ(done.exit_code, 1) << name;
    EXPECT_TRUE(says(done.err, name + " exists already")) << done.err;
    struct stat about {};
    EXPECT_NE(stat((folder + name + ".unfinished").c_str(), &about), 0) << name;
  }
  EXPECT_EQ(contents(folder + "file"), "theirs");
  struct stat about {};
  EXPECT_NE(stat((folder + "nowhere").c_str(), &about), 0);
  EXPECT_EQ(run(store_, {"export", "new"}).exit_code, 0);
}

TEST_P(ExportFile, SaysWhatAMoveLeavesBehind) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  const auto done = run(store_, {"export", "-"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  for (const auto* word :
       {"not exported", "roles", "API keys", "subscriptions", "projects", "sessions"})
    EXPECT_TRUE(says(done.err, word)) << word << ": " << done.err;
}

TEST_P(ExportFile, IsInTheAuditLogWhenItBeginsAndWhenItIsWhole) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  store_.query("DELETE FROM audit_log");
  const auto lines = [this](const std::string& action) {
    return store_.count("SELECT count(*) FROM audit_log WHERE actor = 'cli' AND action = '" +
                        action + "'");
  };
  ASSERT_EQ(run(store_, {"export", "out.jsonl"}).exit_code, 0);
  EXPECT_EQ(lines("users.export_started"), 1);
  EXPECT_EQ(lines("users.exported"), 1);
}

/// `users` with these words, by a shell that sends its output elsewhere or bounds it.
program_result run_by_shell(const test_store& store, const std::string& words) {
  child_process shell{
      {"/bin/sh", "-c", words, latchkey_program()}, store.settings(), store.folder()};
  program_result done;
  done.out = shell.out();
  done.exit_code = shell.wait();
  done.err = shell.err();
  return done;
}

TEST_P(ExportFile, ThatCannotBeWrittenToItsEndIsAFailure) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  store_.query("DELETE FROM audit_log");
  const auto done = run_by_shell(store_, R"(exec "$0" users export - > /dev/full)");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(says(done.err, "cannot write: No space left on device")) << done.err;
  EXPECT_FALSE(says(done.err, "users exported")) << done.err;
  const std::string lines = "SELECT count(*) FROM audit_log WHERE action = ";
  EXPECT_EQ(store_.count(lines + "'users.export_started'"), 1);
  EXPECT_EQ(store_.count(lines + "'users.exported'"), 0) << "for it is not whole";
}

// On PostgreSQL alone, where the bound is not that of the database's own file too.
TEST(ExportFileThatMayNotGrow, IsTakenAway) {
  const test_store store{"postgresql"};
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    const auto name = "user" + std::to_string(i);
    lines += json{{"username", name}, {"email", name + "@example.com"}}.dump() + "\n";
  }
  ASSERT_EQ(
      run_latchkey({"users", "import", "-"}, store.settings(), store.folder(), lines).exit_code, 0);
  const auto done = run_by_shell(store, R"(ulimit -f 8; exec "$0" users export out.jsonl)");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(says(done.err, "cannot write: File too large")) << done.err;
  struct stat about {};
  for (const auto* name : {"/out.jsonl", "/out.jsonl.unfinished"})
    EXPECT_NE(stat((store.folder() + name).c_str(), &about), 0) << name;
}

} // namespace
} // namespace latchkey::test
