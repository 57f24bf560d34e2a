// export_file_test.cpp — what `users export` writes, and what is left when it cannot.
#include "tests/product/product.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

class ExportFile : public testing::TestWithParam<std::string> {
protected:
  place where_{GetParam()};

  program_result run(const place& where, std::vector<std::string> words,
                     const std::string& standard_input = {}) const {
    words.insert(words.begin(), "users");
    return run_latchkey(std::move(words), where.settings(), where.folder(), standard_input);
  }
  void add(const std::string& line) const {
    const auto done = run(where_, {"import", "-"}, line);
    EXPECT_EQ(done.exit_code, 0) << done.err;
  }
};
LATCHKEY_ON_BOTH_ENGINES(ExportFile);

TEST_P(ExportFile, HasUsersWhoGoByALongEmailAsTheyComeInAgain) {
  // As sync-user adds them: longer than a username may be that is none.
  const auto email = std::string(60, 'a') + "@" + std::string(40, 'b') + ".example";
  const auto line = json{{"username", email}, {"email", email}}.dump();
  add(line);
  const auto exported = run(where_, {"export", "-"});
  const place empty{GetParam()};
  EXPECT_EQ(run(empty, {"import", "-"}, exported.out).exit_code, 0);
  EXPECT_EQ(empty.count("SELECT count(*) FROM users WHERE username = '" + email + "'"), 1);
}

TEST_P(ExportFile, WritesAFileOfItsOwnThatNobodyElseCanRead) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  // What somebody left, or put there, with a mode of their own.
  const auto unfinished = where_.folder() + "/out.jsonl.unfinished";
  std::ofstream(unfinished) << "theirs";
  ASSERT_EQ(chmod(unfinished.c_str(), 0666), 0);
  ASSERT_EQ(link(unfinished.c_str(), (where_.folder() + "/kept").c_str()), 0);
  const auto done = run(where_, {"export", "out.jsonl"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  struct stat about {};
  ASSERT_EQ(stat((where_.folder() + "/out.jsonl").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(contents(where_.folder() + "/kept"), "theirs");
  EXPECT_NE(stat(unfinished.c_str(), &about), 0);
}

TEST_P(ExportFile, NeverOverwritesWhateverHasTheName) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  const auto folder = where_.folder() + "/";
  std::ofstream(folder + "file") << "theirs";
  ASSERT_EQ(symlink((folder + "file").c_str(), (folder + "link").c_str()), 0);
  ASSERT_EQ(symlink((folder + "nowhere").c_str(), (folder + "dangling").c_str()), 0);
  ASSERT_EQ(mkdir((folder + "folder").c_str(), 0700), 0);
  ASSERT_EQ(mkfifo((folder + "pipe").c_str(), 0600), 0);
  for (const std::string name : {"file", "link", "dangling", "folder", "pipe"}) {
    const auto done = run(where_, {"export", name});
    EXPECT_EQ(done.exit_code, 1) << name;
    EXPECT_TRUE(says(done.err, name + " is there already")) << done.err;
    struct stat about {};
    EXPECT_NE(stat((folder + name + ".unfinished").c_str(), &about), 0) << name;
  }
  EXPECT_EQ(contents(folder + "file"), "theirs");
  struct stat about {};
  EXPECT_NE(stat((folder + "nowhere").c_str(), &about), 0);
  EXPECT_EQ(run(where_, {"export", "new"}).exit_code, 0);
}

TEST_P(ExportFile, SaysWhatAMoveLeavesBehind) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  const auto done = run(where_, {"export", "-"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  for (const auto* word :
       {"left behind", "roles", "API keys", "subscriptions", "projects", "sessions"})
    EXPECT_TRUE(says(done.err, word)) << word << ": " << done.err;
}

TEST_P(ExportFile, IsInTheAuditLogWhenItBeginsAndWhenItIsWhole) {
  add(R"({"username":"ada","email":"ada@example.com"})");
  where_.query("DELETE FROM audit_log");
  const auto lines = [this](const std::string& action) {
    return where_.count("SELECT count(*) FROM audit_log WHERE actor = 'cli' AND action = '" +
                        action + "'");
  };
  ASSERT_EQ(run(where_, {"export", "out.jsonl"}).exit_code, 0);
  EXPECT_EQ(lines("users.export_started"), 1);
  EXPECT_EQ(lines("users.exported"), 1);
}

} // namespace
} // namespace latchkey::test
