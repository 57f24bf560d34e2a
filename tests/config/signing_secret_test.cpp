// signing_secret_test.cpp — the generated secret is kept, private, and the same for all.
#include "config/settings/settings.hpp"

#include "tests/config/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/stat.h>
#include <thread>

namespace latchkey {
namespace {

using test::temporary_folder;
using testing::HasSubstr;

settings in(const std::string& folder) {
  settings values;
  values.data_dir = folder;
  return values;
}

const std::string some_secret = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGhIjKlMnOpQrStUvWxYz";

unsigned mode_of(const std::string& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
  return about.st_mode & 0777u;
}

TEST(SigningSecret, IsRefusedWhenOthersMayReadIt) {
  temporary_folder folder;
  const auto path = folder.write("jwt_secret", some_secret);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto refused = load_or_create_signing_secret(in(folder / ""));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().reason, HasSubstr("chmod 600"));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(load_or_create_signing_secret(in(folder / ""))->reveal(), some_secret);
}

TEST(SigningSecret, IsRefusedWhenItIsCutShort) {
  temporary_folder folder;
  for (const auto& text : {"", "short"}) {
    ASSERT_EQ(::chmod(folder.write("jwt_secret", text).c_str(), 0600), 0);
    const auto refused = load_or_create_signing_secret(in(folder / ""));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().reason, HasSubstr("64 characters"));
  }
}

// What a file system may leave after a power cut, and what nobody would call a secret.
TEST(SigningSecret, IsRefusedWhenItIsOneCharacterOverAndOver) {
  temporary_folder folder;
  for (const char c : {'\0', ' ', 'k'}) {
    ASSERT_EQ(::chmod(folder.write("jwt_secret", std::string(64, c)).c_str(), 0600), 0);
    const auto refused = load_or_create_signing_secret(in(folder / ""));
    ASSERT_FALSE(refused.has_value()) << int{c};
    EXPECT_THAT(refused.error().reason, HasSubstr("holds no secret"));
  }
}

TEST(SigningSecret, IsNotFollowedThroughALink) {
  temporary_folder folder;
  ASSERT_EQ(::chmod(folder.write("elsewhere", some_secret).c_str(), 0600), 0);
  std::filesystem::create_symlink(folder / "elsewhere", folder / "jwt_secret");
  EXPECT_FALSE(load_or_create_signing_secret(in(folder / "")).has_value());
}

TEST(SigningSecret, FailsWithASentenceWhenTheFolderCannotBeMade) {
  temporary_folder folder;
  const auto failed = load_or_create_signing_secret(in(folder.write("file", "") + "/data"));
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().reason, HasSubstr("cannot make"));
}

TEST(SigningSecret, IsMadeOnceAndKeptForItsOwnerAlone) {
  temporary_folder folder;
  for (const auto& name : {"a/b/data", "c/"}) {
    const auto first = load_or_create_signing_secret(in(folder / name));
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->reveal().size(), 64u);
    EXPECT_EQ(mode_of(folder / name), 0700u);
    EXPECT_EQ(mode_of((folder / name) + "/jwt_secret"), 0600u);
    EXPECT_EQ(*load_or_create_signing_secret(in(folder / name)), *first);
  }
  EXPECT_NE(*load_or_create_signing_secret(in(folder / "c")),
            *load_or_create_signing_secret(in(folder / "a/b/data")));
}

TEST(SigningSecret, IsTheSettingWhenThatIsSet) {
  temporary_folder folder;
  auto values = in(folder / "data");
  values.jwt_secret_key = secret(std::string_view("of one's own"));
  EXPECT_EQ(load_or_create_signing_secret(values)->reveal(), "of one's own");
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
}

TEST(SigningSecret, IsOneForAllWhoStartAtOnce) {
  temporary_folder folder;
  std::vector<std::string> found(8);
  std::vector<std::thread> threads;
  for (auto& text : found)
    threads.emplace_back([&] {
      if (const auto key = load_or_create_signing_secret(in(folder / "data"))) text = key->reveal();
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 1u);
  EXPECT_EQ(found.front().size(), 64u);
  const std::filesystem::directory_iterator files(folder / "data");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1); // no drafts are left behind
}

} // namespace
} // namespace latchkey
