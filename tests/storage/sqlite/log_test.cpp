// The write-ahead log: how large it may grow, and that it is in the file when a server has ended.
#include "config/log.hpp"
#include "storage/sqlite/files.hpp"
#include "tests/config/temporary_folder.hpp"
#include "tests/storage/engines.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sqlite3.h>
#include <stdexcept>

namespace latchkey::test {

namespace {

using namespace storage;
namespace fs = std::filesystem;

/// Another program that has the database open.
class other_program {
public:
  explicit other_program(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
      throw std::runtime_error("cannot open " + path);
  }
  ~other_program() { sqlite3_close(handle_); }
  other_program(const other_program&) = delete;
  other_program& operator=(const other_program&) = delete;
  void run(const char* sql) const {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(handle_));
  }
  sqlite3* handle() const { return handle_; }

private:
  sqlite3* handle_ = nullptr;
};

class SqliteLog : public testing::Test {
protected:
  /// A store as a server has it.
  std::unique_ptr<store> serve() const {
    auto store = open_sqlite(path);
    EXPECT_TRUE(store->claim("a test", [](const std::string&) {}));
    EXPECT_TRUE(store->migrate());
    return store;
  }
  /// Commits about `bytes` in transactions of a few hundred KiB.
  static void write(writer& to, const user_id& user, std::int64_t bytes) {
    constexpr int sessions_each = 64;
    constexpr std::size_t agent_bytes = 8000;
    for (std::int64_t written = 0; written < bytes;
         written += std::int64_t{sessions_each} * std::int64_t{agent_bytes}) {
      std::vector<unit> batch;
      for (int i = 0; i < sessions_each; ++i) {
        auto s = make_session(user);
        s.user_agent = std::string(agent_bytes, 'x');
        batch.push_back({{create_session{s}}});
      }
      for (const auto& answer : to.commit(batch))
        ASSERT_TRUE(answer);
    }
  }
  /// Writes the log's newest first page into the file ("Database File Format", 4.1).
  static void fold_first_page(const std::string& database) {
    constexpr std::size_t header_bytes = 32;
    constexpr std::size_t frame_header_bytes = 24;
    constexpr std::size_t page_bytes = 4096;
    std::ifstream log(database + "-wal", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(log), {}};
    std::string newest;
    for (auto at = header_bytes; at + frame_header_bytes + page_bytes <= bytes.size();
         at += frame_header_bytes + page_bytes)
      if (bytes.compare(at, 4, std::string("\0\0\0\1", 4)) == 0)
        newest = bytes.substr(at + frame_header_bytes, page_bytes);
    ASSERT_EQ(newest.substr(0, 15), "SQLite format 3");
    std::fstream file(database, std::ios::binary | std::ios::in | std::ios::out);
    file.write(newest.data(), static_cast<std::streamsize>(newest.size()));
  }
  static std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  }

  temporary_folder folder;
  std::string path = folder / "latchkey.db";
};

TEST_F(SqliteLog, GrowsUnderALongReadOfAnotherProgramWithAWarning) {
  using namespace std::chrono_literals;
  const auto began = std::chrono::steady_clock::now();
  const auto store = serve();
  const auto out = store->open_writer();
  const auto ann = make_user("ann");
  const unit first{{ann}};
  ASSERT_TRUE(out->commit({&first, 1}).front());
  ASSERT_TRUE(log_start({log_level::info, folder / "log", -1}));
  write(*out, ann.user.id, 2 * sqlite::log_bytes_usual);
  EXPECT_LE(store->log_bytes(), sqlite::log_bytes_usual) << "it is folded back as a rule";
  {
    const other_program reading(path);
    reading.run("BEGIN; SELECT count(*) FROM users");
    write(*out, ann.user.id, 2 * sqlite::log_bytes_usual);
    EXPECT_GT(store->log_bytes(), sqlite::log_bytes_usual);
    EXPECT_EQ(store->log_bytes(), static_cast<std::int64_t>(fs::file_size(path + "-wal")));
  }
  write(*out, ann.user.id, sqlite::log_bytes_usual / 4);
  EXPECT_LE(store->log_bytes(), sqlite::log_bytes_usual) << "its room is given back";
  log_stop();
  const auto text = folder.read("log");
  const auto took = std::chrono::steady_clock::now() - began; // it is told once a minute
  EXPECT_GE(count_of(text, "WARNING"), 1u) << text;
  EXPECT_LE(count_of(text, "WARNING"), 1u + static_cast<std::size_t>(took / 1min)) << text;
  EXPECT_NE(text.find(path + "-wal has grown to "), std::string::npos) << text;
  EXPECT_NE(text.find("End that program"), std::string::npos) << text;
}

TEST_F(SqliteLog, IsInTheFileOnceTheServerHasEnded) {
  {
    auto store = serve();
    const unit ann{{make_user("ann")}};
    // As when two connections are closed at the same time, and each leaves it to the other.
    const other_program last(path);
    sqlite3_db_config(last.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    last.run("SELECT count(*) FROM users");
    ASSERT_TRUE(store->open_writer()->commit({&ann, 1}).front());
    ASSERT_GT(fs::file_size(path + "-wal"), 0u);
    store.reset();
  }
  EXPECT_TRUE(!fs::exists(path + "-wal") || fs::file_size(path + "-wal") == 0);
  const auto alone = folder / "alone.db";
  fs::copy_file(path, alone);
  EXPECT_TRUE(open_sqlite(alone)->open_reader()->find_login("ann").value());
}

TEST_F(SqliteLog, BelongsToAFileIntoWhichItWasBeingFoldedWhenTheServerWasKilled) {
  const auto killed = folder / "killed.db";
  const auto ann = make_user("ann");
  {
    const auto store = serve();
    const auto out = store->open_writer();
    const unit first{{ann}};
    ASSERT_TRUE(out->commit({&first, 1}).front());
    write(*out, ann.user.id, 500'000);
    fs::copy_file(path, killed);
    fs::copy_file(path + "-wal", killed + "-wal");
  }
  // Pages are folded in by their numbers, so the first is there before the file has grown.
  fold_first_page(killed);
  const auto store = open_sqlite(killed);
  const auto claimed = store->claim("a test", [](const std::string&) {});
  ASSERT_TRUE(claimed) << claimed.error().reason;
  ASSERT_TRUE(store->migrate());
  EXPECT_TRUE(store->open_reader()->find_user(ann.user.id).value());
}

TEST_F(SqliteLog, OfAnotherFileIsRefusedByCommandsToo) {
  { serve(); }
  fs::copy_file(path, folder / "older");
  const auto store = serve();
  const auto out = store->open_writer();
  const unit ann{{make_user("ann")}};
  ASSERT_TRUE(out->commit({&ann, 1}).front());
  // Aside, as a crash would leave them.
  fs::copy_file(path + "-wal", folder / "wal");
  const auto elsewhere = folder / "restored.db";
  fs::copy_file(folder / "older", elsewhere);
  fs::copy_file(folder / "wal", elsewhere + "-wal");
  const auto before = folder.read("restored.db");
  for (int command = 0; command < 2; ++command) {
    const auto restored = open_sqlite(elsewhere);
    const auto reason =
        command == 0 ? restored->check_schema().error().reason : restored->migrate().error().reason;
    EXPECT_NE(reason.find("-wal was not written for"), std::string::npos) << reason;
  }
  EXPECT_EQ(folder.read("restored.db"), before);
  EXPECT_EQ(folder.read("restored.db-wal"), folder.read("wal"));
}

TEST_F(SqliteLog, OfARunningServerIsNoReasonToRefuseACommand) {
  const auto store = serve();
  const auto out = store->open_writer();
  const auto ann = make_user("ann");
  const unit first{{ann}};
  ASSERT_TRUE(out->commit({&first, 1}).front());
  for (int i = 0; i < 40; ++i) { // folds the log now and then
    write(*out, ann.user.id, 1);
    const auto looked = open_sqlite(path)->check_schema();
    ASSERT_TRUE(looked) << i << ": " << looked.error().reason;
  }
}

} // namespace

} // namespace latchkey::test
