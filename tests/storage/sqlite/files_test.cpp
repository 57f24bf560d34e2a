// What is acknowledged is in the file that the next start opens; copies, old and new.
#include "storage/sqlite/backup.hpp"
#include "tests/storage/engines.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class SqliteFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "lk-files-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder + "/latchkey.db";
  }
  void TearDown() override { fs::remove_all(folder); }

  static result<written> commit(writer& to, const std::string& name) {
    const unit single{{make_user(name)}};
    return to.commit({&single, 1}).front();
  }

  /// A store as a server has it.
  std::unique_ptr<store> serve() const {
    auto store = open_sqlite(path);
    EXPECT_TRUE(store->claim("a test", [](const std::string&) {}));
    EXPECT_TRUE(store->migrate());
    return store;
  }

  /// A run that adds these users and ends as by SIGKILL.
  void run_and_crash(const std::string& beginning, int users) const {
    std::vector<unit> units; // made here: children would all draw the same ids
    for (int i = 0; i < users; ++i)
      units.push_back({{make_user(beginning + std::to_string(i))}});
    const auto child = fork();
    if (child == 0) {
      const auto store = serve();
      const auto out = store->open_writer();
      for (const auto& one_user : units)
        if (!out->commit({&one_user, 1}).front()) _exit(2);
      _exit(0); // closes nothing
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }

  bool has(const std::string& name) const {
    const auto found = open_sqlite(path)->open_reader()->find_login(name);
    return found && found->has_value();
  }

  std::string folder;
  std::string path;
};

TEST_F(SqliteFiles, NothingIsAcknowledgedOnceTheyAreRemoved) {
  const auto store = serve();
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  ASSERT_TRUE(commit(*out, "ann"));
  ASSERT_TRUE(in->ping());
  for (const auto* beside : {"", "-wal", "-shm"})
    fs::remove(path + beside);
  EXPECT_FALSE(commit(*out, "bob"));
  EXPECT_FALSE(commit(*out, "bob"));
  EXPECT_EQ(in->ping().error().reason, "the database's files were removed or replaced");
  EXPECT_FALSE(store->open_reader()->ping());
  EXPECT_FALSE(fs::exists(path)) << "nor is an empty one made";
}

TEST_F(SqliteFiles, NothingIsAcknowledgedOnceAnyIsReplaced) {
  for (const auto* which : {"", "-wal", "-shm"}) {
    const auto store = serve();
    const auto out = store->open_writer();
    ASSERT_TRUE(commit(*out, "ann" + std::string(which)));
    fs::copy_file(path + which, folder + "/copy");
    fs::rename(path + which, folder + "/aside");
    fs::rename(folder + "/copy", path + which);
    EXPECT_FALSE(commit(*out, "bob")) << which;
    fs::rename(folder + "/aside", path + which);
    EXPECT_TRUE(commit(*out, "bob" + std::string(which))) << "it is back";
  }
}

TEST_F(SqliteFiles, CrashesAreNoReasonToRefuse) {
  for (int i = 0; i < 12; ++i)
    run_and_crash("u" + std::to_string(i) + "x", i * 9);
  const auto store = serve();
  EXPECT_TRUE(has("u11x98"));
  EXPECT_TRUE(has("u1x0"));
}

TEST_F(SqliteFiles, AnOlderCopyBesideANewerLogIsRefused) {
  for (const int users : {3, 400}) { // without a checkpoint in between, and with some
    const auto tag = "r" + std::to_string(users);
    { commit(*serve()->open_writer(), tag + "old"); }
    fs::copy_file(path, folder + "/older", fs::copy_options::overwrite_existing);
    run_and_crash(tag, users);
    fs::copy_file(folder + "/older", path, fs::copy_options::overwrite_existing);
    const auto refused = open_sqlite(path);
    const auto answer = refused->claim("a test", [](const std::string&) {});
    ASSERT_FALSE(answer) << users;
    EXPECT_NE(answer.error().reason.find("-wal was not written for"), std::string::npos);
    // As the sentence says.
    fs::remove(path + "-wal");
    fs::remove(path + "-shm");
    const auto store = serve();
    EXPECT_TRUE(has(tag + "old"));
    EXPECT_FALSE(has(tag + "0"));
  }
}

TEST_F(SqliteFiles, ABackupIsWholeAndNeverOverwrites) {
  const auto store = serve();
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, "ann"));
  const auto copy = folder + "/copy.db";
  ASSERT_TRUE(store->back_up(copy));
  EXPECT_EQ(store->back_up(copy).error().code, error_code::conflict);
  EXPECT_FALSE(fs::exists(copy + "-wal"));
  EXPECT_TRUE(open_sqlite(copy)->open_reader()->find_login("ann").value());
  EXPECT_FALSE(open_sqlite(folder + "/none.db")->back_up(folder + "/x.db"));
  EXPECT_FALSE(fs::exists(folder + "/x.db"));
}

TEST_F(SqliteFiles, ABackupHasItsNameOnlyOnceItIsWhole) {
  const auto copy = folder + "/copy.db";
  const auto unfinished = copy + ".unfinished";
  std::ofstream(unfinished) << "of one that was killed";
  std::ofstream(unfinished + "-journal") << "of one that was killed";
  // Whoever writes without a log holds up all who want to read.
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  const auto say = [other](const char* sql) {
    return sqlite3_exec(other, sql, nullptr, nullptr, nullptr);
  };
  ASSERT_EQ(say("CREATE TABLE t (x); BEGIN EXCLUSIVE"), SQLITE_OK);
  auto copied = std::async(std::launch::async, [&] { return sqlite::copy_database(path, copy); });
  const auto is_under_way = [&] {
    return fs::exists(copy) || (fs::exists(unfinished) && fs::file_size(unfinished) == 0);
  };
  while (!is_under_way() && copied.wait_for(1ms) != std::future_status::ready) {
  }
  EXPECT_FALSE(fs::exists(copy)) << "whoever is killed now leaves nothing under the name";
  EXPECT_TRUE(fs::exists(unfinished));
  ASSERT_EQ(say("COMMIT"), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(copied.get());
  EXPECT_TRUE(fs::exists(copy));
  for (const auto* beside : {"", "-journal", "-wal", "-shm"})
    EXPECT_FALSE(fs::exists(unfinished + beside)) << beside;
}

TEST_F(SqliteFiles, ABackupIsWrittenByOneProcessAtATime) {
  const auto store = serve();
  const auto copy = folder + "/copy.db";
  const auto unfinished = copy + ".unfinished";
  const int held = ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  const auto refused = store->back_up(copy);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::conflict);
  EXPECT_TRUE(fs::exists(unfinished)) << "it is that one's";
  EXPECT_FALSE(fs::exists(copy));
  ::close(held); // as its process ends, however it does
  EXPECT_TRUE(store->back_up(copy));
}

TEST_F(SqliteFiles, ABackupOverwritesNothingThatCameMeanwhile) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t (x); BEGIN EXCLUSIVE", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const auto copy = folder + "/copy.db";
  auto copied = std::async(std::launch::async, [&] { return sqlite::copy_database(path, copy); });
  while (!fs::exists(copy + ".unfinished") && copied.wait_for(1ms) != std::future_status::ready) {
  }
  std::ofstream(copy) << "theirs";
  sqlite3_close(other); // with its transaction
  const auto refused = copied.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::conflict);
  EXPECT_EQ(fs::file_size(copy), 6u);
  EXPECT_FALSE(fs::exists(copy + ".unfinished"));
}

TEST_F(SqliteFiles, ABackupOfThisVeryRunBesideItsLogIsRefused) {
  const auto copy = folder + "/copy.db";
  {
    const auto store = serve();
    commit(*store->open_writer(), "ann");
    ASSERT_TRUE(store->back_up(copy));
  }
  run_and_crash("u", 5);
  fs::copy_file(copy, path, fs::copy_options::overwrite_existing);
  const auto refused = open_sqlite(path);
  EXPECT_FALSE(refused->claim("a test", [](const std::string&) {}));
}

} // namespace

} // namespace latchkey::test
