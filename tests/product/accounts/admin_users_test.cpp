// admin_users_test.cpp — "API Reference", Admin Account Management, one test a printed request
// and response, and what administrators must not be able to do.
#include "tests/product/product.hpp"

#include <set>

namespace latchkey::test {
namespace {

class AdminUsers : public Product {
protected:
  std::string admin() const { return on().admin(); }
  std::string add_user() const {
    const auto name = new_name();
    on().add_user(name);
    return name;
  }
  std::string path_of(const std::string& name) const { return "/admin/users/" + on().id_of(name); }
  http_reply change(const std::string& path, const json& body, const std::string& token) const {
    return call(put_json(path, body.dump()).as(token));
  }
  /// A user whom the first administrator has made an administrator, signed in.
  std::string other_admin(std::string* named = nullptr) const {
    const auto name = add_user();
    EXPECT_EQ(change(path_of(name), {{"is_admin", true}}, admin()).status, 200);
    if (named != nullptr) *named = name;
    return on().sign_in(name).access;
  }
};
LATCHKEY_ON_BOTH_ENGINES(AdminUsers);

// "API Reference", List All Users
TEST_P(AdminUsers, AreListedAsDocumented) {
  add_user();
  const auto reply = call(get("/admin/users").as(admin()));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"total", "page", "limit", "users"}));
  EXPECT_EQ(body["page"], 1);
  EXPECT_EQ(body["limit"], 50);
  EXPECT_EQ(body["total"], on().store.count("SELECT count(*) FROM users"));
  EXPECT_EQ(keys_of(body["users"][0]),
            (keys{"id", "email", "username", "full_name", "is_active", "created_at", "role"}));
  EXPECT_EQ(body["users"][0]["username"], "admin"); // the first there was
  EXPECT_EQ(body["users"][0]["role"], "superuser");
}

TEST_P(AdminUsers, StandOnOnePageEachInAStableOrder) {
  for (int i = 0; i < 5; ++i)
    add_user();
  const auto token = admin();
  const auto total = on().store.count("SELECT count(*) FROM users");
  std::vector<std::string> seen;
  for (long page = 1; page <= (total + 2) / 3; ++page) {
    const auto reply = call(get("/admin/users?limit=3&page=" + std::to_string(page)).as(token));
    const auto body = json_of(reply);
    EXPECT_EQ(body["total"], total);
    EXPECT_EQ(body["limit"], 3);
    for (const auto& user : body["users"])
      seen.push_back(user["id"]);
  }
  std::vector<std::string> expected;
  for (const auto& row : on().store.query("SELECT id FROM users ORDER BY number"))
    expected.push_back(row.front());
  EXPECT_EQ(seen, expected);
  const auto beyond = json_of(call(get("/admin/users?page=100000").as(token)));
  EXPECT_EQ(beyond["users"], json::array());
  EXPECT_EQ(beyond["total"], total);
}

TEST_P(AdminUsers, AreFilteredByWhetherTheyAreActive) {
  const auto name = add_user();
  const auto token = admin();
  EXPECT_EQ(change(path_of(name), {{"is_active", false}}, token).status, 200);
  const auto listed = [&](const std::string& active) {
    std::set<std::string> names;
    const auto body = json_of(call(get("/admin/users?limit=500&active=" + active).as(token)));
    for (const auto& user : body["users"]) {
      EXPECT_EQ(user["is_active"], active == "true");
      names.insert(user["username"]);
    }
    EXPECT_EQ(body["total"], static_cast<long>(names.size()));
    return names;
  };
  EXPECT_EQ(listed("false").count(name), 1U);
  EXPECT_EQ(listed("true").count(name), 0U);
}

TEST_P(AdminUsers, RefuseAWrongQuestion) {
  const auto token = admin();
  for (const auto& [query, field] : {std::pair("page=0", "page"),
                                     {"page=-1", "page"},
                                     {"page=one", "page"},
                                     {"page=1.5", "page"},
                                     {"page=99999999999999999999", "page"},
                                     {"limit=0", "limit"},
                                     {"limit=501", "limit"},
                                     {"active=yes", "active"},
                                     {"active=", "active"},
                                     {"page=1&page=2", "page"},
                                     {"sort=id", "sort"}})
    EXPECT_TRUE(is_error(call(get(std::string{"/admin/users?"} + query).as(token)), 400,
                         "VALIDATION_ERROR", field))
        << query;
}

// "API Reference", Get User by ID
TEST_P(AdminUsers, AreShownWithTheirLastLogin) {
  const auto name = add_user();
  const auto token = admin();
  auto expected = json_of(call(get(path_of(name)).as(token)));
  EXPECT_TRUE(is_whole_second(expected["created_at"])) << expected;
  EXPECT_EQ(expected, (json{{"id", on().id_of(name)},
                            {"email", name + "@example.com"},
                            {"username", name},
                            {"full_name", nullptr},
                            {"is_active", true},
                            {"created_at", expected["created_at"]},
                            {"last_login", nullptr},
                            {"role", "user"}}));
  on().sign_in(name);
  const auto after = json_of(call(get(path_of(name)).as(token)));
  EXPECT_TRUE(is_whole_second(after["last_login"])) << after;
  EXPECT_GE(after["last_login"], after["created_at"]);
  expected["last_login"] = after["last_login"];
  EXPECT_EQ(after, expected);
}

TEST_P(AdminUsers, AreFoundByNumberToo) {
  const auto name = add_user();
  const auto number = on().store.count("SELECT number FROM users WHERE username = '" + name + "'");
  const auto reply = call(get("/admin/users/" + std::to_string(number)).as(admin()));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_of(reply)["username"], name);
}

TEST_P(AdminUsers, AreMissingUnderAnyOtherId) {
  const auto token = admin();
  for (const auto* id : {"00000000-0000-7000-8000-000000000000", "999999999", "0", "nobody",
                         "123e4567-e89b-12d3-a456-42661417400", "-1"}) {
    const auto path = std::string{"/admin/users/"} + id;
    EXPECT_TRUE(is_error(call(get(path).as(token)), 404, "USER001")) << id;
    EXPECT_TRUE(is_error(change(path, {{"is_active", true}}, token), 404, "USER001")) << id;
    EXPECT_TRUE(is_error(call(delete_(path).as(token)), 404, "USER001")) << id;
  }
}

// "API Reference", Update User (Admin)
TEST_P(AdminUsers, AreChangedAsDocumented) {
  const auto name = add_user();
  const auto held = on().sign_in(name);
  const json wanted{{"is_active", false}, {"is_admin", false}, {"full_name", "John M. Doe"}};
  const auto reply = change(path_of(name), wanted, admin());
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  for (const auto* time : {"created_at", "updated_at"})
    EXPECT_TRUE(is_whole_second(body[time])) << reply.body;
  EXPECT_GE(body["updated_at"], body["created_at"]);
  EXPECT_EQ(body, (json{{"id", on().id_of(name)},
                        {"email", name + "@example.com"},
                        {"username", name},
                        {"full_name", "John M. Doe"},
                        {"is_active", false},
                        {"is_admin", false},
                        {"created_at", body["created_at"]},
                        {"updated_at", body["updated_at"]},
                        {"role", "user"}}))
      << reply.body;
  // Deactivation is a fact before it is an answer.
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(held.refresh)).status, 401);
  EXPECT_TRUE(is_error(call(post_json("/auth/token", credentials(name).dump())), 401, "AUTH001"));
  EXPECT_EQ(change(path_of(name), {{"is_active", true}}, admin()).status, 200);
  EXPECT_EQ(on().status_of_me(held.access), 401); // what has ended stays so
  on().sign_in(name);
}

TEST_P(AdminUsers, HaveTheirNewRoleInTheNextRequest) {
  std::string name;
  const auto token = other_admin(&name);
  EXPECT_EQ(call(get("/admin/users").as(token)).status, 200);
  EXPECT_EQ(change(path_of(name), {{"is_admin", false}}, admin()).status, 200);
  EXPECT_TRUE(is_error(call(get("/admin/users").as(token)), 403, "AUTH004"));
  EXPECT_EQ(on().status_of_me(token), 200); // still signed in
}

TEST_P(AdminUsers, AreNotForThoseWhoAreNone) {
  const auto name = add_user();
  const auto token = on().sign_in(name).access;
  EXPECT_TRUE(is_error(call(get("/admin/users").as(token)), 403, "AUTH004"));
  EXPECT_TRUE(is_error(call(get(path_of(name)).as(token)), 403, "AUTH004"));
  EXPECT_TRUE(is_error(change(path_of(name), {{"is_admin", true}}, token), 403, "AUTH004"));
  EXPECT_TRUE(is_error(call(delete_(path_of(name)).as(token)), 403, "AUTH004"));
  EXPECT_TRUE(is_error(call(get("/admin/users")), 401, "AUTH003"));
}

TEST_P(AdminUsers, AreOutOfReachOfThoseBelowThem) {
  const auto token = other_admin();
  const auto path = path_of("admin"); // a superuser
  EXPECT_TRUE(is_error(change(path, {{"is_active", false}}, token), 403, "AUTH004"));
  EXPECT_TRUE(is_error(call(delete_(path).as(token)), 403, "AUTH004"));
}

// "API Reference", Delete User
TEST_P(AdminUsers, GetAnotherRoleInPersonAlone) {
  const json wanted{{"name", "automation"}, {"scopes", {"users:read", "users:write"}}};
  const auto made = call(post_json("/auth/api-keys", wanted.dump()).as(admin()));
  ASSERT_EQ(made.status, 201) << made.body;
  const auto path = path_of(add_user());
  const auto with_key = [&](const json& body) {
    return call(
        put_json(path, body.dump()).with("X-API-Key", json_of(made)["key"].get<std::string>()));
  };
  EXPECT_TRUE(is_error(with_key({{"is_admin", true}}), 403, "AUTH004", "X-API-Key"));
  EXPECT_EQ(with_key({{"full_name", "Ada"}}).status, 200);
  EXPECT_EQ(with_key({{"is_admin", false}}).status, 200) << "that is no change";
}

TEST_P(AdminUsers, AreDeletedWithEverythingThatIsTheirs) {
  const auto name = add_user();
  const auto held = on().sign_in(name);
  const auto path = path_of(name);
  const auto reply = call(delete_(path).as(admin()));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(held.refresh)).status, 401);
  EXPECT_TRUE(is_error(call(get(path).as(admin())), 404, "USER001"));
  EXPECT_TRUE(is_error(call(delete_(path).as(admin())), 404, "USER001"));
  EXPECT_EQ(call(post_json("/auth/register", registration(name).dump())).status, 201);
}

TEST_P(AdminUsers, KeepTheirLastAdministrator) {
  product own{GetParam()}; // where nobody else is one
  const auto token = own.admin();
  const auto path = "/admin/users/" + own.id_of("admin");
  const auto put = [&](const json& body) {
    return own.call(put_json(path, body.dump()).as(token));
  };
  EXPECT_TRUE(is_error(put({{"is_active", false}}), 409, "CONFLICT"));
  EXPECT_TRUE(is_error(put({{"is_admin", false}}), 409, "CONFLICT"));
  EXPECT_TRUE(is_error(own.call(delete_(path).as(token)), 409, "CONFLICT"));
  EXPECT_EQ(own.call(get("/admin/users").as(token)).status, 200);
}

/// A place with two superusers and what comes of their asking the same of each other at once.
class TwoAdministrators : public testing::TestWithParam<std::string> {
protected:
  /// `made` gives the call against that user.
  template <class Make>
  std::vector<timed_reply> ask_against_each_other(Make made) {
    const auto name = new_name();
    own.add_user(name);
    const auto first = own.admin();
    const auto other = "/admin/users/" + own.id_of(name);
    EXPECT_EQ(own.call(put_json(other + "/role", R"({"role":"superuser"})").as(first)).status, 200);
    const auto second = own.sign_in(name).access;
    const auto me = "/admin/users/" + own.id_of("admin");
    return in_parallel(own.server->port(), {made(other).as(first), made(me).as(second)});
  }
  long left() const {
    return own.store.count(
        "SELECT count(*) FROM users WHERE role IN ('admin', 'superuser') AND is_active");
  }
  product own{GetParam()};
};
LATCHKEY_ON_BOTH_ENGINES(TwoAdministrators);

TEST_P(TwoAdministrators, WhoDemoteEachOtherLeaveOne) {
  const auto replies = ask_against_each_other(
      [](const std::string& path) { return put_json(path, R"({"is_admin":false})"); });
  EXPECT_EQ(left(), 1) << replies[0].reply.body << replies[1].reply.body;
}

TEST_P(TwoAdministrators, WhoDeleteEachOtherLeaveOne) {
  const auto replies =
      ask_against_each_other([](const std::string& path) { return delete_(path); });
  int deleted = 0;
  for (const auto& [reply, after] : replies) {
    deleted += reply.status == 204;
    EXPECT_GE(reply.status, 200) << reply.body;
    EXPECT_LT(reply.status, 500) << reply.body;
  }
  EXPECT_EQ(deleted, 1) << replies[0].reply.body << replies[1].reply.body;
  EXPECT_EQ(left(), 1);
  EXPECT_EQ(own.store.count("SELECT count(*) FROM users"), 1);
}

} // namespace
} // namespace latchkey::test
