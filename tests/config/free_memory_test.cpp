// free_memory_test.cpp — when memory that nothing uses is given back, and that it is.
#include "config/free_memory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

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
  auto ended = std::async(std::launch::async, [] { const free_memory_returner ends_here{1h}; });
  EXPECT_EQ(ended.wait_for(1min), std::future_status::ready) << "it waits for its next look";
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // with allocators of their own
TEST(Memory, ThatWasFreedInTheMiddleIsGivenBack) {
  constexpr std::size_t block_bytes = 1024; // too small for a mapping of its own
  constexpr std::size_t blocks = 64 * mib / block_bytes;
  std::vector<std::unique_ptr<char[]>> held;
  for (std::size_t i = 0; i < blocks; ++i) {
    held.push_back(std::make_unique<char[]>(block_bytes));
    std::memset(held.back().get(), 'x', block_bytes);
  }
  // Above them, so that they do not go back as the end of the heap would.
  const auto above = std::make_unique<char[]>(block_bytes);
  const auto before = look_at_memory();
  // It looks once all is freed: what is left of a look in the middle may not be worth another.
  const free_memory_returner returner{1s};
  held.clear();
  // Without a returner it stays for good.
  const auto end = std::chrono::steady_clock::now() + 1min;
  const auto is_back = [&] { return look_at_memory().resident + 48 * mib < before.resident; };
  while (!is_back() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(is_back());
}
#endif

} // namespace
} // namespace latchkey
