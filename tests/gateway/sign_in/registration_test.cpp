// The rules for names of persons, which every surface shares.
#include "gateway/sign_in/registration.hpp"

#include <gtest/gtest.h>

namespace latchkey::gateway {
namespace {

std::string reason_of(std::string_view name, std::size_t code_points_max = 5) {
  const auto checked = check_person_name("first_name", name, code_points_max);
  if (checked) return {};
  EXPECT_EQ(checked.error().code, error_code::validation_error);
  EXPECT_EQ(checked.error().field, "first_name");
  return checked.error().reason;
}

TEST(PersonName, IsTrimmed) {
  EXPECT_EQ(check_person_name("first_name", " \t\u00a0Ada\u3000\n", 5).value(), "Ada");
  EXPECT_EQ(check_person_name("first_name", "", 5).value(), "");
}

TEST(PersonName, IsCountedInCodePointsOnceTrimmed) {
  EXPECT_EQ(reason_of("\u00e9\u00e9\u00e9\u00e9\u00e9"), "");
  EXPECT_EQ(reason_of("  12345  "), "");
  EXPECT_EQ(reason_of("123456"), "must have at most 5 characters");
}

TEST(PersonName, HasNothingInvisible) {
  for (const auto* name : {"a\x01z", "a\u200bz", "a\u202ez", "a\nz"})
    EXPECT_EQ(reason_of(name), "must not contain control or invisible characters") << name;
}

TEST(PersonName, ThatIsShownAlreadyMayStayWhateverTheRulesAreNow) {
  const std::string older = "too long for today";
  const auto same = check_person_name_change("first_name", older, 5, older);
  ASSERT_TRUE(same);
  EXPECT_FALSE(*same) << "no change";
  EXPECT_FALSE(check_person_name_change("first_name", older, 5, "Ada"));
  EXPECT_EQ(check_person_name_change("first_name", " Eve ", 5, "Ada").value().value(), "Eve");
}

} // namespace
} // namespace latchkey::gateway
