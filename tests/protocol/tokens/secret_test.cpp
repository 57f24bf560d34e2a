#include "protocol/tokens/secret.hpp"

#include <gtest/gtest.h>
#include <new>
#include <sstream>

namespace latchkey {
namespace {

using namespace std::string_literals;

TEST(Secret, NeverPrints) {
  secret text{"hunter2"s};
  std::ostringstream out;
  out << text;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(to_string(text), "***");
}

TEST(Secret, EqualsOnlyTheSameBytes) {
  EXPECT_EQ(secret{"a\0b"s}, secret{"a\0b"s});
  EXPECT_FALSE(secret{"a\0b"s} == secret{"a\0c"s});
  EXPECT_FALSE(secret{"a"s} == secret{"ab"s});
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

TEST(Secret, LeavesNothingBehindWhenMovedFrom) {
  for (std::size_t size : {5U, 100U}) {
    secret from{std::string(size, 'x')};
    secret to{std::move(from)};
    EXPECT_TRUE(from.empty()); // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(to.reveal(), std::string(size, 'x'));
    secret third;
    third = std::move(to);
    EXPECT_TRUE(to.empty()); // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(third.reveal(), std::string(size, 'x'));
  }
}

TEST(Secret, WipesTheTextThatItTakes) {
  for (const auto& text : {"hunter2hunter2"s, "hunter2"s + std::string(100, 'x')}) {
    std::string given = text;
    std::string_view bytes{reinterpret_cast<const char*>(&given), sizeof(given)};
    secret taken{std::move(given)};
    EXPECT_EQ(taken.reveal(), text);
    EXPECT_EQ(bytes.find("unter2"), std::string_view::npos);
    EXPECT_TRUE(given.empty()); // NOLINT(bugprone-use-after-move): that is the question
  }
}

TEST(Secret, IsWipedWhenItEnds) {
  // A short text lives inside the object, so the object's own bytes tell.
  alignas(secret) unsigned char memory[sizeof(secret)];
  auto* text = new (memory) secret{"hunter2hunter2"s};
  std::string_view bytes{reinterpret_cast<const char*>(memory), sizeof(memory)};
  ASSERT_NE(bytes.find("hunter2"), std::string_view::npos);
  text->~secret();
  EXPECT_EQ(bytes.find("hunter2"), std::string_view::npos);
}

TEST(Secret, IsCopiedOntoItselfUnharmed) {
  secret text{"hunter2"s};
  auto& same = text;
  text = same;
  EXPECT_EQ(text.reveal(), "hunter2");
}

} // namespace
} // namespace latchkey
