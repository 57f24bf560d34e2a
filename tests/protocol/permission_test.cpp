#include "protocol/permission.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using words = std::vector<std::string>;

TEST(Permission, IsRefusedInEveryOtherForm) {
  for (std::string_view text :
       {"", "templates", ":", "templates:", ":manage", "templates::manage", "a:b:c",
        "Templates:read", "templates:Read", "templates :read", "templates:read ", "*:*",
        "templates:*", "*:read", "**", "a/b:c", "a:b,c", "\xC3\xA9:read"})
    EXPECT_FALSE(is_permission(text)) << text;
  EXPECT_FALSE(is_permission(std::string_view("a:\0", 3)));
  EXPECT_FALSE(is_permission("a:" + std::string(permission_bytes_max - 1, 'b')));
}

TEST(Permission, IsAResourceAndAnActionOrAStar) {
  for (std::string_view text : {"*", "a:b", "templates:manage", "api-keys:read_all", "v1.users:0"})
    EXPECT_TRUE(is_permission(text)) << text;
  EXPECT_TRUE(is_permission("a:" + std::string(permission_bytes_max - 2, 'b')));
}

TEST(PermissionSet, WithoutWordsHasNothing) {
  const permission_set none;
  EXPECT_FALSE(none.has("users:read"));
  EXPECT_FALSE(none.has(""));
  EXPECT_FALSE(none.has("*"));
  EXPECT_TRUE(none.has_all({}));
  EXPECT_EQ(none.joined(','), "");
}

TEST(PermissionSet, HasItsWordsAndNoPartOfThem) {
  const permission_set set{"users:read", "roles:manage"};
  EXPECT_TRUE(set.has("users:read"));
  for (std::string_view other : {"users:rea", "users:reads", "users", "read", "*", "roles:read"})
    EXPECT_FALSE(set.has(other)) << other;
  EXPECT_TRUE(set.has_all({"roles:manage", "users:read"}));
  EXPECT_FALSE(set.has_all({"users:read", "users:write"}));
  EXPECT_FALSE(set.has_all({"*"}));
}

TEST(PermissionSet, WithAStarHasEverything) {
  const permission_set set{"*"};
  EXPECT_TRUE(set.has("users:read"));
  EXPECT_TRUE(set.has("*"));
  EXPECT_TRUE(set.has_all({"a:b", "*"}));
}

TEST(PermissionSet, IsSortedAndKeepsEachWordOnce) {
  const permission_set set(words{"b:x", "a:x", "b:x", "*"});
  EXPECT_EQ(set.words(), (words{"*", "a:x", "b:x"}));
  EXPECT_EQ(set, (permission_set{"a:x", "*", "b:x"}));
  EXPECT_EQ(set.joined(' '), "* a:x b:x");
}

TEST(PermissionSet, HasInCommonWhatBothHave) {
  const permission_set some{"a:x", "b:x", "c:x"};
  EXPECT_EQ(some.in_common_with({"b:x", "c:x", "d:x"}), (permission_set{"b:x", "c:x"}));
  EXPECT_EQ(some.in_common_with({"d:x"}), permission_set{});
  EXPECT_EQ(some.in_common_with({}), permission_set{});
}

TEST(PermissionSet, WithAStarHasInCommonAllThatTheOtherHasAndNoMore) {
  const permission_set some{"a:x", "b:x"};
  const permission_set all{"*", "z:x"};
  EXPECT_EQ(some.in_common_with(all), some);
  EXPECT_EQ(all.in_common_with(some), some);
  EXPECT_TRUE(all.in_common_with({"*"}).has("a:x"));
}

TEST(PermissionSet, IsJoinedWithAnother) {
  const permission_set some{"a:x", "b:x"};
  EXPECT_EQ(some.with({"b:x", "0:x"}), (permission_set{"0:x", "a:x", "b:x"}));
  EXPECT_EQ(some.with({}), some);
}

} // namespace
} // namespace latchkey
