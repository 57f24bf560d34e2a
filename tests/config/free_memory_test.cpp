// free_memory_test.cpp — when memory that nothing uses is given back, and that it is.
#include "config/free_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace latchkey {
namespace {

constexpr std::size_t mib = std::size_t{1024} * 1024;

TEST(TrimRule, AsksForNothingWhileMemoryIsUsed) {
  trim_rule rule;
  EXPECT_FALSE(rule.is_due({60 * mib, 40 * mib}));
  EXPECT_FALSE(rule.is_due({500 * mib, 480 * mib}));
  EXPECT_FALSE(rule.is_due({500 * mib, 470 * mib})) << "too little to be worth it";
}

TEST(TrimRule, AsksForWhatWasFreedAndStayed) {
  trim_rule rule;
  EXPECT_FALSE(rule.is_due({60 * mib, 40 * mib}));
  EXPECT_TRUE(rule.is_due({500 * mib, 50 * mib}));
}

TEST(TrimRule, DoesNotAskAgainForWhatCannotBeHad) {
  trim_rule rule;
  EXPECT_FALSE(rule.is_due({60 * mib, 40 * mib}));
  ASSERT_TRUE(rule.is_due({500 * mib, 50 * mib}));
  rule.gave_back({200 * mib, 50 * mib}); // fragments
  EXPECT_FALSE(rule.is_due({200 * mib, 50 * mib}));
  EXPECT_TRUE(rule.is_due({200 * mib + trim_rule::worth_bytes, 50 * mib}));
  // Once the fragments have gone too, they count anew.
  EXPECT_FALSE(rule.is_due({70 * mib, 50 * mib}));
  EXPECT_TRUE(rule.is_due({70 * mib + trim_rule::worth_bytes, 50 * mib}));
}

TEST(Memory, IsLookedAt) {
  const auto use = look_at_memory();
  EXPECT_GT(use.resident, mib);
#ifndef __SANITIZE_ADDRESS__ // which has an allocator of its own
  const auto held = std::make_unique<std::vector<char>>(8 * mib, 'x');
  EXPECT_GE(look_at_memory().allocated, use.allocated + 8 * mib);
  EXPECT_EQ(held->back(), 'x');
#endif
}

TEST(Memory, ReturnerEndsAtOnce) {
  const free_memory_returner ends_here;
}

} // namespace
} // namespace latchkey
