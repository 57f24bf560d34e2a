// profile_test.cpp — /api/v1/profile: what users tell of themselves, and what they cannot make of
// themselves that way.
#include "tests/product/billing/billing.hpp"

namespace latchkey::test {
namespace {

class Profile : public Product {
protected:
  member ada = new_member(on());

  http_reply put(const std::string& body) const {
    return call(put_json("/api/v1/profile", body).as(ada.token));
  }
  json own_profile() const { return json_of(call(get("/api/v1/profile").as(ada.token))); }
};
LATCHKEY_ON_BOTH_ENGINES(Profile);

TEST_P(Profile, IsForWhoIsSignedIn) {
  EXPECT_TRUE(is_error(call(get("/api/v1/profile")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(put_json("/api/v1/profile", "{}")), 401, "AUTH003"));
}

TEST_P(Profile, NamesTheFieldThatIsWrongAndChangesNothing) {
  struct refused {
    json body;
    std::string field;
  };
  std::vector<refused> cases = {
      {{{"company", std::string(256, 'x')}}, "company"},
      {{{"phone", std::string(51, 'x')}}, "phone"},
      {{{"first_name", std::string(101, 'x')}}, "first_name"},
      {{{"last_name", std::string(101, 'x')}}, "last_name"},
      {{{"avatar_url", "https://a.example/" + std::string(500, 'x')}}, "avatar_url"},
      {{{"preferences", "{}"}}, "preferences"},
      {{{"preferences", json::array()}}, "preferences"},
      {{{"preferences", true}}, "preferences"},
      {{{"preferences", {{"text", std::string(16 * 1024, 'x')}}}}, "preferences"},
  };
  for (const auto* field : {"company", "phone", "first_name", "last_name", "avatar_url"}) {
    cases.push_back({{{field, 5}}, field});
    cases.push_back({{{field, json::object()}}, field});
    cases.push_back({{{field, "a\r\nb"}}, field});
    cases.push_back({{{field, std::string("a\0b", 3)}}, field});
  }
  for (const auto* url :
       {"javascript:alert(1)", "data:text/html,x", "//a.example/x", "a.example", "https://",
        "https:///x", "http://?x", "ftp://a.example/x", "https://a b.example",
        "https://a.example/\"onerror=", "https://a.example/<script>", "https://é.example/"})
    cases.push_back({{{"avatar_url", url}}, "avatar_url"});
  const auto before = own_profile();
  for (const auto& example : cases) {
    auto body = example.body;
    body["company"] = body.value("company", json("never stored"));
    EXPECT_TRUE(is_error(put(body.dump()), 400, "VALIDATION_ERROR", example.field))
        << body.dump(-1, ' ', true).substr(0, 200);
  }
  EXPECT_EQ(own_profile(), before);
}

TEST_P(Profile, GivesNobodyARoleOrAnotherIdentity) {
  const auto before = own_profile();
  for (const auto* field :
       {"role", "is_admin", "is_superuser", "email_verified", "id", "user_id", "email", "username",
        "is_active", "client_id", "subscription_tier", "permissions", "created_at"})
    EXPECT_TRUE(is_error(put(json{{"company", "never stored"}, {field, true}}.dump()), 400,
                         "VALIDATION_ERROR", field, "is not a field of this request"))
        << field;
  EXPECT_EQ(own_profile(), before);
  EXPECT_EQ(on().store.query("SELECT role FROM users WHERE id = '" + ada.id + "'")[0][0], "user");
}

TEST_P(Profile, TakesNoPreferencesThatAreTooDeepOrAmbiguous) {
  std::string deep = "1";
  for (int i = 0; i < 40; ++i)
    deep = "{\"a\":" + deep + "}";
  EXPECT_EQ(put("{\"preferences\":" + deep + "}").status, 400);
  EXPECT_EQ(put(R"({"preferences":{"a":1,"a":2}})").status, 400);
  EXPECT_EQ(own_profile()["preferences"], nullptr);
}

TEST_P(Profile, OfWhoHasToldNothingIsEmpty) {
  const auto reply = call(get("/api/v1/profile").as(ada.token));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"user_id", "email", "first_name", "last_name", "company", "phone",
                                 "avatar_url", "preferences", "created_at", "updated_at"}));
  EXPECT_EQ(body["user_id"], ada.id);
  EXPECT_EQ(body["email"], ada.name + "@example.com");
  for (const auto* field :
       {"first_name", "last_name", "company", "phone", "avatar_url", "preferences"})
    EXPECT_EQ(body[field], nullptr) << field;
}

TEST_P(Profile, ChangesWhatIsGivenAndClearsWithNull) {
  const json sent = {{"first_name", " Ada "},
                     {"last_name", "Lovelace"},
                     {"company", "Analytical Engines"},
                     {"phone", "+44 20 0000 0000"},
                     {"avatar_url", "https://a.example/ada.png?s=64#x"},
                     {"preferences", {{"theme", "dark"}, {"list", {1, 2.5, nullptr, "é\"\\"}}}}};
  const auto reply = put(sent.dump());
  ASSERT_EQ(reply.status, 200) << reply.body;
  auto expected = sent;
  expected["first_name"] = "Ada";
  for (const auto& field : expected.items())
    EXPECT_EQ(json_of(reply)[field.key()], field.value()) << field.key();
  EXPECT_EQ(own_profile(), json_of(reply));

  const auto cleared = put(R"({"company":null,"preferences":null,"avatar_url":null})");
  ASSERT_EQ(cleared.status, 200) << cleared.body;
  for (const auto* field : {"company", "preferences", "avatar_url"})
    EXPECT_EQ(json_of(cleared)[field], nullptr) << field;
  EXPECT_EQ(json_of(cleared)["phone"], "+44 20 0000 0000");
  EXPECT_EQ(json_of(cleared)["first_name"], "Ada");
}

TEST_P(Profile, WithoutAnyFieldIsNotChanged) {
  const auto reply = put("{}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(reply)["user_id"], ada.id);
}

TEST_P(Profile, HasTheNamesThatTheAccountShowsElsewhere) {
  ASSERT_EQ(put(R"({"first_name":"Ada","last_name":"Lovelace"})").status, 200);
  auto me = json_of(call(get("/auth/me").as(ada.token)));
  EXPECT_EQ(me["first_name"], "Ada");
  EXPECT_EQ(json_of(call(get("/account/profile").as(ada.token)))["full_name"], "Ada Lovelace");
  ASSERT_EQ(put(R"({"first_name":"Augusta"})").status, 200);
  EXPECT_EQ(json_of(call(get("/account/profile").as(ada.token)))["full_name"], "Augusta Lovelace");
  // A name that was given in one piece elsewhere comes apart, and one part can be changed.
  ASSERT_EQ(
      call(put_json("/account/profile", R"({"full_name":"Grace Brewster Hopper"})").as(ada.token))
          .status,
      200);
  ASSERT_EQ(put(R"({"first_name":"Admiral"})").status, 200);
  me = json_of(call(get("/account/profile").as(ada.token)));
  EXPECT_EQ(me["full_name"], "Admiral Brewster Hopper");
}

} // namespace
} // namespace latchkey::test
