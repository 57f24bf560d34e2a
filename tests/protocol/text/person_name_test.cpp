// Names in two forms, of which the missing one is derived.
#include "protocol/text/person_name.hpp"

#include "protocol/messages/identity.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(PersonName, IsJoinedWhenOnlyItsPartsWereGiven) {
  EXPECT_EQ(completed({"Ada", "Lovelace", ""}).full, "Ada Lovelace");
  EXPECT_EQ(completed({"Ada", "", ""}).full, "Ada");
  EXPECT_EQ(completed({"", "Lovelace", ""}).full, "Lovelace");
}

TEST(PersonName, IsDividedWhenOnlyTheWholeWasGiven) {
  EXPECT_EQ(completed({"", "", "John M. Doe"}), (person_name{"John", "M. Doe", "John M. Doe"}));
  EXPECT_EQ(completed({"", "", "Plato"}), (person_name{"Plato", "", "Plato"}));
  EXPECT_EQ(completed({"", "", " John   Doe "}), (person_name{"John", "Doe", " John   Doe "}));
}

TEST(PersonName, StaysAsItWasGiven) {
  EXPECT_EQ(completed({"Ada", "", "A. Lovelace"}), (person_name{"Ada", "", "A. Lovelace"}));
  EXPECT_EQ(completed({"Ada", "King", "Ada Lovelace"}),
            (person_name{"Ada", "King", "Ada Lovelace"}));
  EXPECT_EQ(completed({}), person_name{});
}

TEST(PersonName, IsShownInBothForms) {
  user_record user;
  user.full_name = "John Doe";
  const auto whole = messages::view_of(user);
  EXPECT_EQ(whole.first_name, "John");
  EXPECT_EQ(whole.last_name, "Doe");
  EXPECT_EQ(messages::full_name_of(whole), "John Doe");
  user.full_name.clear();
  user.first_name = "Ada";
  user.last_name = "Lovelace";
  EXPECT_EQ(messages::full_name_of(messages::view_of(user)), "Ada Lovelace");
}

} // namespace
} // namespace latchkey
