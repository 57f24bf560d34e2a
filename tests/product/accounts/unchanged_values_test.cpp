// Names that are older than the rules: whoever sends one back as it was shown changes nothing, so
// nothing refuses it; the same name from somebody else is refused as ever.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

class UnchangedValue : public Integration {
protected:
  /// "p", a Cyrillic "a" and the rest: in two scripts.
  static std::string mixed(const std::string& name) { return "p\xd0\xb0" + name; }
  static inline const std::string invisible = "Ada\xe2\x80\x8bLovelace"; // U+200B

  struct veteran {
    std::string name, id, access;
    long number = 0;
  };
  /// Who has such names, which stood in the store before the rules.
  veteran add_veteran() const {
    const auto name = new_name();
    on().add_user(name);
    veteran user;
    user.id = on().id_of(name);
    user.name = mixed(name);
    const auto quoted = "'" + invisible + "'";
    on().store.query("UPDATE users SET username = '" + user.name + "' WHERE id = '" + user.id +
                     "'");
    on().store.query("UPDATE user_profiles SET full_name = " + quoted + ", first_name = " + quoted +
                     ", last_name = " + quoted + " WHERE user_id = '" + user.id + "'");
    user.number = on().store.count("SELECT number FROM users WHERE id = '" + user.id + "'");
    user.access = on().sign_in(name + "@example.com").access;
    return user;
  }
  http_reply put(const std::string& target, const json& body, const std::string& access) const {
    return call(put_json(target, body.dump()).as(access));
  }
};
LATCHKEY_ON_BOTH_ENGINES(UnchangedValue);

TEST_P(UnchangedValue, IsTakenInTheAccount) {
  const auto user = add_veteran();
  const auto shown = json_of(call(get("/account/profile").as(user.access)));
  EXPECT_EQ(shown["username"], user.name);
  EXPECT_EQ(shown["full_name"], invisible);
  const json same{{"username", shown["username"]}, {"full_name", shown["full_name"]}};
  const auto reply = put("/account/profile", same, user.access);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(reply)["username"], user.name);
  EXPECT_EQ(json_of(reply)["full_name"], invisible);
  // Another of the kind is a change.
  EXPECT_TRUE(is_error(put("/account/profile", {{"username", user.name + "x"}}, user.access), 400,
                       "VALIDATION_ERROR", "username"));
  EXPECT_TRUE(is_error(put("/account/profile", {{"full_name", invisible + "x"}}, user.access), 400,
                       "VALIDATION_ERROR", "full_name"));
  // And beside what is unchanged the rest is changed.
  auto renamed = same;
  renamed["full_name"] = "Ada King";
  EXPECT_EQ(json_of(put("/account/profile", renamed, user.access))["full_name"], "Ada King");
  EXPECT_TRUE(
      is_error(put("/account/profile", same, user.access), 400, "VALIDATION_ERROR", "full_name"))
      << "that is not its name any more";
}

TEST_P(UnchangedValue, IsTakenInTheProfile) {
  const auto user = add_veteran();
  // With a row of the profile, in which the other names stand.
  ASSERT_EQ(put("/api/v1/profile", {{"company", "before"}, {"phone", "1"}}, user.access).status,
            200);
  on().store.query("UPDATE user_profiles SET company = '" + invisible + "', phone = '" + invisible +
                   "', avatar_url = 'no address' WHERE user_id = '" + user.id + "'");
  const json same{{"first_name", invisible},
                  {"last_name", invisible},
                  {"company", invisible},
                  {"phone", invisible},
                  {"avatar_url", "no address"}};
  const auto reply = put("/api/v1/profile", same, user.access);
  ASSERT_EQ(reply.status, 200) << reply.body;
  for (const auto& [field, value] : same.items()) {
    EXPECT_EQ(json_of(reply)[field], value) << field;
    const auto other = value.get<std::string>() + " x";
    EXPECT_TRUE(is_error(put("/api/v1/profile", {{field, other}}, user.access), 400,
                         "VALIDATION_ERROR", field));
  }
}

TEST_P(UnchangedValue, IsTakenFromAdministratorsAndServices) {
  const auto user = add_veteran();
  const auto root = on().admin();
  const auto target = "/admin/users/" + user.id;
  EXPECT_EQ(put(target, {{"full_name", invisible}, {"is_active", true}}, root).status, 200);
  EXPECT_TRUE(is_error(put(target, {{"full_name", invisible + "x"}}, root), 400, "VALIDATION_ERROR",
                       "full_name"));
  json sent{{"id", user.number},      {"email", user.name.substr(3) + "@example.com"},
            {"is_active", true},      {"first_name", invisible},
            {"last_name", invisible}, {"last_sync", "2026-01-01T00:00:00Z"}};
  EXPECT_TRUE(is_success(ask("sync-user", sent)));
  sent["last_name"] = invisible + "x";
  EXPECT_TRUE(is_flat(ask("sync-user", sent), 400, "Failed to sync user data", "last_name"));
  // Nor does anybody become a user with one.
  sent["id"] = new_number();
  sent["email"] = new_name() + "@example.com";
  EXPECT_TRUE(is_flat(ask("sync-user", sent), 400, "Failed to sync user data", "first_name"));
}

} // namespace
} // namespace latchkey::test
