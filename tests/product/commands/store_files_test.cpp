// store_files_test.cpp — the embedded database's files under a running server: removed, replaced,
// put back from a copy, on a disk that is full.
#include "tests/product/product.hpp"

#include <filesystem>
#include <fstream>
#include <memory>

namespace latchkey::test {
namespace {

namespace fs = std::filesystem;

http_reply register_somebody(const server_process& server) {
  return exchange(server.port(), post_json("/auth/register", registration(new_name()).dump()));
}

/// /health is 503 with that error, and /internal/health has it too; each reactor's word stands
/// for a moment.
void expect_unwritable(const server_process& server, const std::string& why) {
  http_reply reply;
  EXPECT_TRUE(eventually([&] {
    reply = exchange(server.port(), get("/health"));
    return reply.status == 503 && json_of(reply)["error"] == "Database cannot be written: " + why;
  })) << reply.status
      << reply.body;
  EXPECT_TRUE(eventually([&] {
    reply = exchange(server.internal_port(), get("/internal/health"));
    return reply.status == 503 && json_of(reply)["error"] == why;
  })) << reply.status
      << reply.body;
}

class StoreFiles : public testing::Test {
protected:
  product one_{"sqlite"};
  std::string data_ = one_.store.folder() + "/data/";
  static constexpr const char* gone = "the database's files were removed or replaced";

  void expect_nothing_is_acked() const {
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(register_somebody(*one_.server).status, 503);
    expect_unwritable(*one_.server, gone);
    // So say those who work by themselves, in words.
    EXPECT_TRUE(eventually([&] {
      return says(one_.server->log(), "were removed or replaced under the running server") &&
             says(one_.server->log(), "latchkey.mailer - WARNING - cannot ") &&
             says(one_.server->log(), ": Database is unavailable");
    }));
    EXPECT_FALSE(says(one_.server->log(), "OVERLOADED"));
  }
};

TEST_F(StoreFiles, ThatAreRemovedAreMissed) {
  one_.add_user("ann");
  fs::create_directory(data_ + "aside");
  for (const auto* name : {"latchkey.db", "latchkey.db-wal", "latchkey.db-shm"})
    fs::rename(data_ + name, data_ + "aside/" + name);
  expect_nothing_is_acked();
  // They are back: nothing is lost, and the server goes on.
  for (const auto* name : {"latchkey.db-shm", "latchkey.db-wal", "latchkey.db"})
    fs::rename(data_ + "aside/" + name, data_ + name);
  EXPECT_TRUE(eventually([&] { return register_somebody(*one_.server).status == 201; }));
  EXPECT_TRUE(eventually([&] { return one_.call(get("/health")).status == 200; }));
  EXPECT_EQ(one_.server->stop(), 0);
  one_.start();
  EXPECT_FALSE(one_.sign_in("ann").access.empty());
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(StoreFiles, ThatAreReplacedByACopyAreNotWrittenAnyMore) {
  one_.add_user("ann");
  ASSERT_EQ(run_latchkey({"backup", "copy"}, one_.settings, one_.store.folder()).exit_code, 0);
  for (const auto* name : {"latchkey.db-wal", "latchkey.db-shm"})
    fs::remove(data_ + name);
  fs::rename(one_.store.folder() + "/copy", data_ + "latchkey.db");
  expect_nothing_is_acked();
  EXPECT_EQ(one_.server->stop(), 0);
  one_.start();
  EXPECT_FALSE(one_.sign_in("ann").access.empty()) << "the copy is what the next start has";
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(StoreFiles, OfAnOlderCopyBesideANewerLogAreRefused) {
  one_.add_user("ann");
  EXPECT_EQ(one_.server->stop(), 0);
  fs::copy_file(data_ + "latchkey.db", data_ + "older");
  one_.start();
  one_.add_user("bob");
  one_.server->kill();
  fs::copy_file(data_ + "older", data_ + "latchkey.db", fs::copy_options::overwrite_existing);
  const auto before = contents(data_ + "latchkey.db");
  for (const auto& words : std::vector<std::vector<std::string>>{{"serve"},
                                                                 {"migrate"},
                                                                 {"config", "check"},
                                                                 {"users", "export", "-"},
                                                                 {"backup", "copy"}}) {
    const auto refused = run_latchkey(words, one_.settings, one_.store.folder());
    EXPECT_NE(refused.exit_code, 0) << words[0];
    EXPECT_TRUE(says(refused.err, "-wal was not written for ")) << words[0] << refused.err;
  }
  EXPECT_EQ(contents(data_ + "latchkey.db"), before);
  // As the sentence says.
  fs::remove(data_ + "latchkey.db-wal");
  fs::remove(data_ + "latchkey.db-shm");
  one_.start();
  EXPECT_FALSE(one_.sign_in("ann").access.empty());
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM users WHERE username = 'bob'"), 0);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(StoreFiles, AreOneFileOnceTheServerHasEnded) {
  one_.add_user("ann");
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(!fs::exists(data_ + "latchkey.db-wal") ||
              fs::file_size(data_ + "latchkey.db-wal") == 0);
}

/// A server whose DATA_DIR is a small file system of its own, which nobody else sees.
class FullDisk : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directory(store_.folder() + "/data");
    const std::vector<std::string> mounting{
        "/usr/bin/unshare",
        "-rm",
        "/bin/sh",
        "-c",
        "mount -t tmpfs -o size=4m none \"$DATA_DIR\" && exec \"$@\"",
        "sh"};
    auto trying = mounting;
    trying.emplace_back("/bin/true");
    child_process allowed{trying, store_.settings(), store_.folder()};
    if (allowed.wait() != 0)
      GTEST_SKIP() << "no file system can be mounted here: " << allowed.err();
    server_ = std::make_unique<server_process>(store_.settings(), store_.folder(), mounting);
    filler_ = "/proc/" + std::to_string(server_->id()) + "/root" + store_.folder() + "/data/filler";
  }
  void fill() const {
    std::ofstream out{filler_, std::ios::binary};
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

  test_store store_{"sqlite"};
  std::unique_ptr<server_process> server_;
  std::string filler_;
};

TEST_F(FullDisk, IsToldByHealthAndHealsByItself) {
  EXPECT_EQ(exchange(server_->port(), get("/health")).status, 200);
  const auto name = new_name();
  ASSERT_EQ(
      exchange(server_->port(), post_json("/auth/register", registration(name).dump())).status,
      201);
  const auto held =
      tokens_of(exchange(server_->port(), post_json("/auth/token", credentials(name).dump())));
  fill();
  expect_unwritable(*server_, "the disk is full");
  // The log beside the file may have some room of its own.
  http_reply refused;
  EXPECT_TRUE(eventually([&] { return (refused = register_somebody(*server_)).status == 503; }));
  EXPECT_TRUE(refused.has("Retry-After")) << refused.body;
  expect_unwritable(*server_, "the disk is full");
  EXPECT_EQ(exchange(server_->port(), get("/auth/me").as(held.access)).status, 200)
      << "reads go on";
  fs::remove(filler_);
  EXPECT_TRUE(eventually([&] { return exchange(server_->port(), get("/health")).status == 200; }));
  EXPECT_EQ(register_somebody(*server_).status, 201);
  EXPECT_EQ(server_->stop(), 0);
}

} // namespace
} // namespace latchkey::test
