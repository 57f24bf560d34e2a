// What SQLite does when its file cannot be written or is none.
#include "config/log.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/options.hpp"
#include "tests/storage/engines.hpp"

#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {

namespace {

using namespace storage;

class SqliteFaults : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "lk-faults-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder + "/latchkey.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static result<written> commit(writer& to, std::vector<fact> facts) {
    const unit single{std::move(facts)};
    return to.commit({&single, 1}).front();
  }

  /// Overwrites `size` bytes of the file from `offset` on, where it lies.
  void ruin(std::streamoff offset, std::size_t size) const {
    ASSERT_GE(std::filesystem::file_size(path), static_cast<std::size_t>(offset) + size);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset) << std::string(size, 'x');
  }

  /// Where the table of users begins in the file.
  std::streamoff users_at() const {
    std::atomic<std::size_t> count = 0;
    std::int64_t page = 0;
    const sql::statement ask{"ask", "SELECT rootpage FROM sqlite_schema WHERE name = 'users'"};
    const auto opened = sqlite::database::open(path, {}, count);
    (*opened)->run(ask, {}, [&](const sql::row_source& row) { page = sql::number_at(row, 0); });
    return (page - 1) * page_bytes;
  }

  static constexpr std::int64_t page_bytes = 4096;

  std::string folder;
  std::string path;
};

TEST_F(SqliteFaults, AFullDiskStopsWritesAndNotReads) {
  const auto store = open_sqlite(path, {.pages_max = 100});
  ASSERT_TRUE(store->migrate());
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  const auto ann = make_user("ann");
  ASSERT_TRUE(commit(*out, {ann}));
  auto last = tl::expected<written, failure>(written{});
  session_id last_id;
  for (int i = 0; i < 200 && last; ++i) {
    auto s = make_session(ann.user.id);
    s.user_agent = std::string(8000, 'x');
    last_id = s.id;
    last = commit(*out, {create_session{s}});
  }
  EXPECT_TRUE(failed_with(last, error_code::store_unavailable));
  EXPECT_FALSE(in->find_session(last_id).value());
  EXPECT_TRUE(in->find_user(ann.user.id).value());
  EXPECT_EQ(in->ping().error().reason, "the disk is full");
  // With more room the same writer's successor goes on.
  EXPECT_TRUE(commit(*open_sqlite(path)->open_writer(), {make_user("bob")}));
}

TEST_F(SqliteFaults, AnotherWriterIsWaitedForNotForEver) {
  const auto store = open_sqlite(path, {.busy_timeout_ms = 30});
  ASSERT_TRUE(store->migrate());
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("ann")}));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(failed_with(commit(*out, {make_user("bob")}), error_code::store_unavailable));
  EXPECT_TRUE(store->open_reader()->find_login("ann").value());
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_TRUE(commit(*out, {make_user("bob")}));
}

TEST_F(SqliteFaults, AFolderThatIsNotThereHealsOnceItIs) {
  const auto store = open_sqlite(folder + "/later/latchkey.db");
  const auto in = store->open_reader();
  EXPECT_EQ(store->migrate().error().code, error_code::store_unavailable);
  EXPECT_EQ(in->ping().error().code, error_code::store_unavailable);
  std::filesystem::create_directory(folder + "/later");
  ASSERT_TRUE(store->migrate());
  EXPECT_TRUE(in->ping());
  EXPECT_TRUE(commit(*store->open_writer(), {make_user("ann")}));
}

TEST_F(SqliteFaults, AFileThatIsNoDatabaseIsLeftAsItIs) {
  std::ofstream(path) << std::string(5000, 'x');
  const auto store = open_sqlite(path);
  EXPECT_EQ(store->migrate().error().code, error_code::store_unavailable);
  EXPECT_TRUE(failed_with(commit(*store->open_writer(), {make_user("ann")}),
                          error_code::store_unavailable));
  EXPECT_EQ(std::filesystem::file_size(path), 5000u);
}

TEST_F(SqliteFaults, ARuinedFileIsNotAlive) {
  const auto store = open_sqlite(path);
  ASSERT_TRUE(store->migrate());
  const auto in = store->open_reader();
  ASSERT_TRUE(in->ping());
  ASSERT_TRUE(in->ping());
  ruin(0, std::filesystem::file_size(path));
  EXPECT_EQ(in->ping().error().code, error_code::store_unavailable);
  EXPECT_EQ(in->ping().error().code, error_code::store_unavailable);
}

TEST_F(SqliteFaults, AWriterOpensAFileThatWasReplacedAfterItFailed) {
  const auto store = open_sqlite(path);
  ASSERT_TRUE(store->migrate());
  const auto copy = folder + "/copy.db";
  std::filesystem::copy_file(path, copy);
  ruin(users_at(), page_bytes); // which is not read by opening
  const auto out = store->open_writer();
  EXPECT_TRUE(failed_with(commit(*out, {make_user("ann")}), error_code::store_unavailable));
  for (const auto* beside : {"-wal", "-shm"})
    std::filesystem::remove(path + beside);
  std::filesystem::rename(copy, path);
  EXPECT_TRUE(commit(*out, {make_user("ann")}));
  EXPECT_TRUE(store->open_reader()->find_login("ann").value());
}

TEST_F(SqliteFaults, AreToldOnceEachAndWhenTheyEnd) {
  const auto store = open_sqlite(path, {.busy_timeout_ms = 1});
  ASSERT_TRUE(store->migrate());
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("ann")}));
  const auto file = folder + "/log";
  ASSERT_TRUE(log_start({log_level::info, file, -1}));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(commit(*out, {make_user("bob")}));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(commit(*out, {make_user("ann")})) << "a row's own fault is not told";
  log_stop();
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  std::vector<std::string> lines;
  std::istringstream each(text.str());
  for (std::string line; std::getline(each, line);)
    lines.push_back(line.substr(line.find("latchkey.")));
  EXPECT_EQ(lines,
            (std::vector<std::string>{"latchkey.storage - WARNING - SQLite: database is locked (5)",
                                      "latchkey.storage - INFO - SQLite works again"}));
}

TEST_F(SqliteFaults, TheFilesAreTheirOwnersAlone) {
  const auto before = umask(0022);
  const auto store = open_sqlite(path);
  ASSERT_TRUE(store->migrate());
  const auto out = store->open_writer();
  EXPECT_TRUE(commit(*out, {make_user("ann")}));
  umask(before);
  for (const auto* beside : {"", "-wal", "-shm"}) {
    struct stat about {};
    ASSERT_EQ(stat((path + beside).c_str(), &about), 0) << beside;
    EXPECT_EQ(about.st_mode & 0777u, 0600u) << beside;
  }
}

TEST_F(SqliteFaults, ACommitIsOnTheDiskBeforeItIsAnswered) {
  std::atomic<std::size_t> count = 0;
  const auto opened = sqlite::database::open(path, {}, count);
  ASSERT_TRUE(opened);
  const sql::statement ask{"ask", "PRAGMA synchronous"};
  std::int64_t level = -1;
  ASSERT_TRUE(
      (*opened)->run(ask, {}, [&](const sql::row_source& row) { level = sql::number_at(row, 0); }));
  EXPECT_EQ(level, 2) << "2 is FULL";
}

TEST_F(SqliteFaults, TheFileIsInWalModeAndItsTimesSortAsText) {
  const auto store = open_sqlite(path);
  ASSERT_TRUE(store->migrate());
  ASSERT_TRUE(commit(*store->open_writer(), {make_user("ann")}));
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
  std::vector<std::string> seen;
  const auto keep = [](void* to, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
    return 0;
  };
  sqlite3_exec(raw, "PRAGMA journal_mode", keep, &seen, nullptr);
  sqlite3_exec(raw, "SELECT created_at FROM users", keep, &seen, nullptr);
  sqlite3_close(raw);
  EXPECT_EQ(seen, (std::vector<std::string>{"wal", "2026-05-17T12:00:00.123456Z"}));
}

} // namespace

} // namespace latchkey::test
