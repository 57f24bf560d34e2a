#include "gateway/reactor/generation_cache.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace latchkey::gateway {
namespace {

TEST(GenerationCache, FindsNothingThatWasNotPut) {
  generation_cache<int, std::string> cache{4};
  EXPECT_EQ(cache.find(1), nullptr);
  cache.put(1, "one");
  EXPECT_EQ(cache.find(2), nullptr);
  cache.erase(2);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(GenerationCache, NeverHoldsMoreThanTwiceItsSize) {
  generation_cache<int, int> cache{10};
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    cache.put(i, i);
    if (i % 3 == 0) cache.find(i / 2);
    most = std::max(most, cache.size());
  }
  EXPECT_LE(most, 20u);
  EXPECT_GE(most, 11u);
}

TEST(GenerationCache, RemembersAtLeastTheLastOnesPut) {
  generation_cache<int, int> cache{10};
  for (int i = 0; i < 1000; ++i) {
    cache.put(i, i);
    for (int recent = std::max(0, i - 9); recent <= i; ++recent)
      ASSERT_NE(cache.find(recent), nullptr) << i << " " << recent;
  }
}

TEST(GenerationCache, KeepsWhatIsUsedAndForgetsWhatIsNot) {
  generation_cache<int, int> cache{10};
  cache.put(-1, 1);
  cache.put(-2, 2);
  for (int i = 0; i < 100; ++i) {
    cache.put(i, i);
    ASSERT_NE(cache.find(-1), nullptr) << i;
  }
  EXPECT_EQ(cache.find(-2), nullptr);
  EXPECT_EQ(*cache.find(-1), 1);
}

TEST(GenerationCache, ReplacesAValueInEitherGeneration) {
  generation_cache<int, int> cache{2};
  cache.put(1, 10);
  cache.put(1, 11);
  EXPECT_EQ(*cache.find(1), 11);
  cache.put(2, 20);
  cache.put(3, 30); // 1 and 2 are old now
  cache.put(1, 12);
  EXPECT_EQ(*cache.find(1), 12);
  cache.put(1, 13); // the young one is full
  EXPECT_EQ(*cache.find(1), 13);
  cache.put(4, 40);
  cache.put(5, 50);
  if (const auto* found = cache.find(1)) {
    EXPECT_EQ(*found, 13);
  }
}

TEST(GenerationCache, ErasesFromEitherGeneration) {
  generation_cache<int, int> cache{2};
  for (int i = 0; i < 4; ++i)
    cache.put(i, i);
  for (int i = 0; i < 4; ++i) {
    cache.erase(i);
    EXPECT_EQ(cache.find(i), nullptr);
  }
  EXPECT_EQ(cache.size(), 0u);
}

TEST(GenerationCache, LetsGoOfWhatItForgets) {
  generation_cache<int, std::shared_ptr<int>> cache{3};
  auto value = std::make_shared<int>(1);
  cache.put(0, value);
  for (int i = 1; i <= 6; ++i)
    cache.put(i, nullptr);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(GenerationCache, ErasesWhatIsStaleInTurns) {
  generation_cache<int, int> cache{1000};
  constexpr int count = 1500; // of both generations
  for (int i = 0; i < count; ++i)
    cache.put(i, i % 3);
  const auto is_stale = [](int value) { return value == 0; };
  cache.erase_some_if(is_stale, 10);
  EXPECT_GT(cache.size(), std::size_t{count} - 200) << "a turn is a small one";
  for (std::size_t seen = 10; seen < cache.buckets(); seen += 10)
    cache.erase_some_if(is_stale, 10);
  EXPECT_EQ(cache.size(), std::size_t{count} / 3 * 2);
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(cache.find(i) != nullptr, i % 3 != 0) << i;
  // And it goes round.
  for (std::size_t seen = 0; seen < 2 * cache.buckets(); seen += 10)
    cache.erase_some_if([](int) { return true; }, 10);
  EXPECT_EQ(cache.size(), 0u);
  cache.erase_some_if(is_stale, 10);
}

TEST(GenerationCache, GivesAReferenceToWhatWasPut) {
  generation_cache<std::string, std::string> cache{1};
  EXPECT_EQ(cache.put("a", "one"), "one");
  EXPECT_EQ(cache.put("b", "two"), "two");
  EXPECT_EQ(*cache.find("a"), "one");
  EXPECT_EQ(*cache.find("b"), "two");
}

} // namespace
} // namespace latchkey::gateway
