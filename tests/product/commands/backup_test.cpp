// backup_test.cpp — `latchkey backup FILE` beside a server that writes.
#include "tests/product/product.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sys/stat.h>

namespace latchkey::test {
namespace {

program_result back_up(const product& instance, const std::string& file) {
  return run_latchkey({"backup", file}, instance.settings, instance.store.folder());
}

/// People who register one after another until they are told to stop.
class registering_clients {
public:
  registering_clients(std::uint16_t port, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      clients_.emplace_back([this, port] { run(port); });
  }
  ~registering_clients() { stop(); }
  registering_clients(const registering_clients&) = delete;
  registering_clients& operator=(const registering_clients&) = delete;

  void stop() {
    stopping_ = true;
    for (auto& client : clients_)
      client.join();
    clients_.clear();
  }
  /// Whose registration was answered by 201 so far.
  std::vector<std::string> acked() const {
    const std::lock_guard lock(guard_);
    return acked_;
  }
  int refused() const { return refused_; }

private:
  void run(std::uint16_t port) {
    http_connection peer{port};
    while (!stopping_) {
      const auto name = new_name();
      const auto reply = peer.exchange(post_json("/auth/register", registration(name).dump()));
      if (reply.status != 201) ++refused_;
      const std::lock_guard lock(guard_);
      if (reply.status == 201) acked_.push_back(name);
    }
  }

  mutable std::mutex guard_;
  std::vector<std::string> acked_;
  std::atomic<int> refused_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> clients_;
};

TEST(Backup, OfAServerThatWritesHasAllThatWasAckedBeforeItBegan) {
  const product instance{"sqlite"};
  const auto held = instance.sign_in_new_user();
  registering_clients clients{instance.server->port(), 3};
  std::vector<std::vector<std::string>> acked;
  for (int copy = 0; copy < 3; ++copy) {
    const auto count = clients.acked().size();
    ASSERT_TRUE(eventually([&] { return clients.acked().size() >= count + 20; }));
    acked.push_back(clients.acked());
    const auto done = back_up(instance, "copy" + std::to_string(copy));
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_TRUE(says(done.out, "copied to copy" + std::to_string(copy))) << done.out;
  }
  clients.stop();
  EXPECT_EQ(clients.refused(), 0) << "the server goes on meanwhile";

  for (std::size_t copy = 0; copy < acked.size(); ++copy) {
    test_store elsewhere{"sqlite"};
    const auto file = instance.store.folder() + "/copy" + std::to_string(copy);
    struct stat about {};
    ASSERT_EQ(stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    std::filesystem::create_directory(elsewhere.folder() + "/data");
    std::filesystem::copy_file(file, elsewhere.folder() + "/data/latchkey.db");
    const product restored{std::move(elsewhere)};
    for (const auto& name : acked[copy])
      EXPECT_EQ(restored.store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"),
                1)
          << name;
    EXPECT_FALSE(restored.sign_in(acked[copy].back()).access.empty());
    EXPECT_EQ(restored.status_of_me(held.access), 200) << "sessions are in it";
    EXPECT_EQ(restored.store.query("PRAGMA integrity_check").front().front(), "ok");
    EXPECT_EQ(restored.server->stop(), 0);
  }
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST(Backup, NeverOverwritesAndLeavesNothingHalf) {
  const product instance{"sqlite"};
  std::ofstream(instance.store.folder() + "/theirs") << "theirs";
  const auto refused = back_up(instance, "theirs");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.err, "theirs exists: a backup never overwrites a file")) << refused.err;
  EXPECT_EQ(contents(instance.store.folder() + "/theirs"), "theirs");
  const auto nowhere = back_up(instance, "no/such/folder/copy");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_TRUE(says(nowhere.err, "cannot make no/such/folder/copy")) << nowhere.err;
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST(Backup, ThatMayNotGrowSaysSoAndLeavesNothing) {
  const product instance{"sqlite"};
  const auto folder = instance.store.folder() + "/";
  child_process shell{
      {"/bin/sh", "-c", R"(ulimit -f 100; exec "$0" backup copy)", latchkey_program()},
      instance.settings,
      instance.store.folder()};
  EXPECT_EQ(shell.wait(), 1);
  EXPECT_TRUE(says(shell.err(), "could not be copied: disk I/O error: File too large"))
      << shell.err();
  for (const auto& file : std::filesystem::directory_iterator(folder))
    EXPECT_FALSE(file.path().filename().string().starts_with("copy")) << file;
  EXPECT_EQ(back_up(instance, "copy").exit_code, 0);
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST(Backup, ReplacesWhatOneThatWasKilledHasLeft) {
  const product instance{"sqlite"};
  const auto unfinished = instance.store.folder() + "/copy.unfinished";
  for (const auto* beside : {"", "-journal"}) {
    std::ofstream(unfinished + beside) << "half of it";
    ASSERT_EQ(chmod((unfinished + beside).c_str(), 0666), 0);
  }
  const auto done = back_up(instance, "copy");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  struct stat about {};
  ASSERT_EQ(stat((instance.store.folder() + "/copy").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  for (const auto* beside : {"", "-journal"})
    EXPECT_FALSE(std::filesystem::exists(unfinished + beside)) << beside;
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST(Backup, OfAGeneratedSecretIsAskedFor) {
  product instance{"sqlite", {{"JWT_SECRET_KEY", ""}}};
  EXPECT_EQ(instance.server->stop(), 0);
  const auto done = back_up(instance, "copy");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(says(done.out, "/data/jwt_secret with it")) << done.out;
}

TEST(Backup, OnPostgresNamesTheToolForIt) {
  const product instance{"postgresql"};
  const auto refused = back_up(instance, "copy");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.err, "pg_dump")) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(instance.store.folder() + "/copy"));
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test
