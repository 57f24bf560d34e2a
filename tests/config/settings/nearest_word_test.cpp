#include "config/settings/nearest_word.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

constexpr std::array<std::string_view, 4> names = {"serve", "service-key", "migrate", "users"};

TEST(NearestWord, IsTheOneThatNeedsTheFewestLetters) {
  EXPECT_EQ(nearest_word("server", names), "serve");
  EXPECT_EQ(nearest_word("sevrice-key", names), "service-key");
  EXPECT_EQ(nearest_word("user", names), "users");
  EXPECT_EQ(nearest_word("migrate", names), "migrate");
}

TEST(NearestWord, IsNoneWhenAllAreFarAway) {
  EXPECT_EQ(nearest_word("backup", names), "");
  EXPECT_EQ(nearest_word("service-account", names), "") << "seven of fifteen letters";
  EXPECT_EQ(nearest_word("USERS", names), "") << "case counts";
  EXPECT_EQ(nearest_word("anything", {}), "");
}

TEST(NearestWord, OfALongWordIsNotLookedFor) {
  std::array<std::string_view, 1> known;
  const std::string at_most(nearest_word_chars_max, 'x');
  const auto longer = at_most + "x";
  known[0] = at_most;
  EXPECT_EQ(nearest_word(at_most, known), at_most);
  EXPECT_EQ(nearest_word(longer, known), "");
}

} // namespace
} // namespace latchkey
