// What SQLite does when its file cannot be written or is none.
#include "storage/sqlite/options.hpp"

#include "tests/storage/engines.hpp"

#include <filesystem>
#include <fstream>
#include <sqlite3.h>
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
    const unit one{std::move(facts)};
    return to.commit({&one, 1}).front();
  }

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
  EXPECT_TRUE(store->open_reader()->ping());
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
