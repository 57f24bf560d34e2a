// A one_of holds what it was given, copies it, and drops it once.
#include "protocol/one_of.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace latchkey::test {
namespace {

struct counted_value {
  std::shared_ptr<int> uses = std::make_shared<int>(0);
};
using some = one_of<int, std::string, counted_value>;

TEST(OneOf, HoldsTheTypeThatItWasMadeOf) {
  const some text{std::string{"a"}};
  EXPECT_EQ(text.index(), some::position_of<std::string>);
  EXPECT_TRUE(text.holds<std::string>());
  EXPECT_FALSE(text.holds<int>());
  EXPECT_EQ(text.get<std::string>(), "a");
  EXPECT_EQ(*text.get_if<std::string>(), "a");
  EXPECT_EQ(text.get_if<int>(), nullptr);
  EXPECT_THROW((void)text.get<int>(), std::logic_error);
}

TEST(OneOf, KnowsItsTypesByTheirPosition) {
  static_assert(some::size == 3);
  static_assert(some::position_of<int> == 0 && some::position_of<counted_value> == 2);
  static_assert(std::is_same_v<some::type_at<1>, std::string>);
  static_assert(some::has_type<int> && !some::has_type<long>);
  static_assert(!std::is_constructible_v<some, long*>);
}

TEST(OneOf, CopiesTheValue) {
  some text{std::string{"a"}};
  some copy = text;
  text.get<std::string>() = "b";
  EXPECT_EQ(copy.get<std::string>(), "a");
  copy = some{7};
  EXPECT_EQ(copy.get<int>(), 7);
  EXPECT_EQ(text.get<std::string>(), "b");
  copy = text;
  EXPECT_EQ(copy.get<std::string>(), "b");
}

TEST(OneOf, DropsTheValueOnce) {
  counted_value value;
  const auto uses = [&value] { return value.uses.use_count(); };
  {
    some first{value};
    EXPECT_EQ(uses(), 2);
    some second = first;
    EXPECT_EQ(uses(), 3);
    some third = std::move(first);
    EXPECT_EQ(uses(), 3);
    second = std::move(third);
    EXPECT_EQ(uses(), 2);
    first = second; // one that was moved from is assigned to
    EXPECT_EQ(uses(), 3);
  }
  EXPECT_EQ(uses(), 1);
}

} // namespace
} // namespace latchkey::test
