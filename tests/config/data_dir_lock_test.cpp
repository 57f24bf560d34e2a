// data_dir_lock_test.cpp — one server a folder, however the one before it ended.
#include "config/data_dir_lock.hpp"

#include "tests/config/temporary_folder.hpp"

#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey {
namespace {

using test::temporary_folder;
using testing::HasSubstr;

TEST(DataDirLock, RefusesASecondServerAndNamesTheFirst) {
  temporary_folder folder;
  const auto first = data_dir_lock::take(folder / "");
  ASSERT_TRUE(first.has_value());
  const auto second = data_dir_lock::take(folder / "");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, error_code::conflict);
  EXPECT_THAT(second.error().reason, HasSubstr("process " + std::to_string(::getpid()) + " on "));
  EXPECT_THAT(second.error().reason, HasSubstr(", since "));
}

TEST(DataDirLock, IsGivenBackWithItsHolder) {
  temporary_folder folder;
  { ASSERT_TRUE(data_dir_lock::take(folder / "").has_value()); }
  EXPECT_TRUE(data_dir_lock::take(folder / "").has_value());
}

TEST(DataDirLock, IsNotHeldByAKilledProcess) {
  temporary_folder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto held = data_dir_lock::take(folder / "");
    const char letter = held ? 'y' : 'n';
    if (::write(ready[1], &letter, 1) == 1) ::pause();
    ::_exit(1);
  }
  char letter = 0;
  ASSERT_EQ(::read(ready[0], &letter, 1), 1);
  EXPECT_EQ(letter, 'y');
  EXPECT_FALSE(data_dir_lock::take(folder / "").has_value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_TRUE(data_dir_lock::take(folder / "").has_value());
}

TEST(DataDirLock, HoldsAgainstANewFileOfItsName) {
  temporary_folder folder;
  { ASSERT_TRUE(data_dir_lock::take(folder / "").has_value()); }
  std::filesystem::remove(folder / "latchkey.lock");
  const auto lock = data_dir_lock::take(folder / "");
  EXPECT_TRUE(lock.has_value());
  EXPECT_FALSE(data_dir_lock::take(folder / "").has_value());
}

} // namespace
} // namespace latchkey
