// The name of a node is made once and survives a restart.
#include "config/node_name.hpp"

#include "protocol/ids.hpp"
#include "tests/config/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(NodeName, IsTheSameAfterARestartAndAnotherInAnotherFolder) {
  const test::temporary_folder folder;
  const test::temporary_folder other;
  const auto made = load_or_create_node_name(folder / "");
  ASSERT_TRUE(made);
  EXPECT_TRUE(parse_uuid(*made)) << *made;
  EXPECT_EQ(load_or_create_node_name(folder / ""), *made);
  EXPECT_NE(load_or_create_node_name(other / ""), *made);
}

TEST(NodeName, IsMadeAnewWhenAPowerCutHasLeftNone) {
  test::temporary_folder folder;
  folder.write("node", std::string(36, '\0'));
  const auto made = load_or_create_node_name(folder / "");
  ASSERT_TRUE(made);
  EXPECT_TRUE(parse_uuid(*made)) << *made;
  EXPECT_EQ(load_or_create_node_name(folder / ""), *made);
}

TEST(NodeName, IsRefusedWithTheFileThatCannotBeWritten) {
  const auto made = load_or_create_node_name("/proc/1");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().reason.find("/proc/1/node"), std::string::npos) << made.error().reason;
}

} // namespace
} // namespace latchkey
