// How many descriptors the process may have, and that it takes what the system lets it have.
#include "config/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

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

} // namespace
} // namespace latchkey
