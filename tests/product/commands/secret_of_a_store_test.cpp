// secret_of_a_store_test.cpp — the secret that signs belongs to the store's sessions: what a start
// and `config check` say when it is another one, lost, or none.
#include "tests/product/product.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace latchkey::test {
namespace {

constexpr std::size_t secret_chars = 64;
/// Of another store.
const std::string other_secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

class SecretOfAStore : public testing::TestWithParam<std::string> {
protected:
  product one_{GetParam(), {{"JWT_SECRET_KEY", ""}}};
  std::string path_ = one_.store.folder() + "/data/jwt_secret";

  void write(const std::string& text, mode_t mode = 0600) const {
    std::filesystem::remove(path_);
    std::ofstream(path_, std::ios::binary) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }
  program_result run(std::vector<std::string> words) const {
    return run_latchkey(std::move(words), one_.settings, one_.store.folder());
  }
  /// Neither a start nor a check goes on, and both say this.
  void expect_refused(const std::string& words) const {
    for (const auto& command : {std::vector<std::string>{"serve"}, {"config", "check"}}) {
      const auto refused = run(command);
      EXPECT_NE(refused.exit_code, 0) << command[0];
      EXPECT_TRUE(says(refused.err, words)) << command[0] << ": " << refused.err;
      EXPECT_EQ(refused.out, "") << command[0];
    }
  }
};
LATCHKEY_ON_BOTH_ENGINES(SecretOfAStore);

TEST_P(SecretOfAStore, IsRefusedWhenItIsAnotherStores) {
  const auto held = one_.sign_in_new_user();
  EXPECT_EQ(one_.server->stop(), 0);
  const auto ours = contents(path_);
  EXPECT_EQ(run({"config", "check"}).err, "");
  write(other_secret);
  expect_refused(path_ + " is not the secret that this store's sessions were opened with");
  EXPECT_EQ(contents(path_), other_secret);
  // Nothing has happened to the sessions.
  write(ours);
  one_.start();
  EXPECT_EQ(one_.status_of_me(held.access), 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_P(SecretOfAStore, MayBeAnotherWhenNoSessionLives) {
  EXPECT_EQ(one_.server->stop(), 0);
  write(other_secret);
  const auto checked = run({"config", "check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_TRUE(says(checked.err, "warning: " + path_ + " is not the secret")) << checked.err;
  one_.start();
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(says(one_.server->log(), "WARNING - " + path_ + " is not the secret"));
}

TEST_P(SecretOfAStore, IsMissedByASentenceWhenItWasLost) {
  const auto held = one_.sign_in_new_user();
  EXPECT_EQ(one_.server->stop(), 0);
  const auto ours = contents(path_);
  std::filesystem::remove(path_);
  const auto checked = run({"config", "check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_TRUE(says(checked.err, "warning: " + path_ + " is missing")) << checked.err;
  EXPECT_FALSE(std::filesystem::exists(path_)) << "a check makes none";
  one_.start();
  EXPECT_EQ(one_.status_of_me(held.access), 401);
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(says(one_.server->log(), "WARNING - " + path_ + " was missing"))
      << one_.server->log();
  // As that line says; it is the store's own, though not the last.
  write(ours);
  one_.start();
  EXPECT_EQ(one_.status_of_me(held.access), 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_P(SecretOfAStore, IsNoSecretWhenAPowerCutEmptiedIt) {
  EXPECT_EQ(one_.server->stop(), 0);
  for (const char fill : {'\0', ' ', 'x'}) {
    write(std::string(secret_chars, fill));
    expect_refused(path_ + " holds no secret");
  }
  write("");
  expect_refused(path_ + " does not hold 64 characters");
}

TEST_P(SecretOfAStore, IsItsOwnersAlone) {
  EXPECT_EQ(one_.server->stop(), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  expect_refused(path_ + " must be a file that its owner alone may read");
}

TEST_P(SecretOfAStore, ThatTheOperatorSetsEndsTheSessionsWithAWarning) {
  const auto held = one_.sign_in_new_user();
  EXPECT_EQ(one_.server->stop(), 0);
  one_.settings["JWT_SECRET_KEY"] = signing_secret;
  const auto checked = run({"config", "check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  const std::string words = "JWT_SECRET_KEY is not the secret that this store was used with";
  EXPECT_TRUE(says(checked.err, "warning: " + words)) << checked.err;
  one_.start();
  EXPECT_EQ(one_.status_of_me(held.access), 401);
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(says(one_.server->log(), "WARNING - " + words)) << one_.server->log();
}

TEST(SecretOfNoStore, IsComparedWithNothing) {
  const test_store store{"sqlite"};
  const auto settings = store.settings({{"JWT_SECRET_KEY", ""}});
  const auto checked = run_latchkey({"config", "check"}, settings, store.folder());
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(checked.err, "");
  EXPECT_FALSE(std::filesystem::exists(store.folder() + "/data")) << "a check makes nothing";
}

} // namespace
} // namespace latchkey::test
