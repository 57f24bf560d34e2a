// How many descriptors the process may have, and that it takes what the system lets it have.
#include "config/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey {
namespace {

rlimit limit_now() {
  rlimit out{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &out), 0);
  return out;
}

TEST(Descriptors, AreAllThatTheSystemLetsTheProcessHave) {
  const auto before = limit_now();
  ASSERT_GE(before.rlim_max, 64u);
  auto low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(connections_by_default(), 48u);
  use_all_descriptors();
  EXPECT_EQ(limit_now().rlim_cur, before.rlim_max);
  EXPECT_EQ(limit_now().rlim_max, before.rlim_max);
  EXPECT_GT(connections_by_default(), 48u);
  EXPECT_LE(connections_by_default(), 100'000u);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Descriptors, KeepAQuarterForWhatIsNotTheEdges) {
  const auto before = limit_now();
  ASSERT_GE(before.rlim_max, 256u);
  auto low = before;
  low.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const auto edge = descriptors_of_edge();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(edge.full, 176);
  EXPECT_EQ(edge.most, 192);
  EXPECT_EQ(edge.internal, 224);
}

TEST(Descriptors, ThatAreStandardAreOpenedOnNothingWhenTheyAreClosed) {
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(0);
    ::close(2);
    const int kept = ::fcntl(1, F_GETFD);
    open_standard_descriptors();
    struct stat null {};
    struct stat zero {};
    struct stat two {};
    const bool are_null = ::stat("/dev/null", &null) == 0 && ::fstat(0, &zero) == 0 &&
                          ::fstat(2, &two) == 0 && zero.st_rdev == null.st_rdev &&
                          two.st_rdev == null.st_rdev;
    const int next = ::open("/dev/null", O_RDONLY);
    ::_exit(are_null && ::fcntl(1, F_GETFD) == kept && next > 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

} // namespace
} // namespace latchkey
