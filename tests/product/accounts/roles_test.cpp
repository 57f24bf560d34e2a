// Roles: who may make, change and give them, and when that takes effect.
#include "tests/product/product.hpp"

#include <algorithm>
#include <set>

namespace latchkey::test {
namespace {

http_call put_call(std::string target, const json& body) {
  auto call = post_json(std::move(target), body.dump());
  call.method = "PUT";
  return call;
}

class Roles : public Product {
protected:
  struct person {
    std::string name, id, token;
  };
  person somebody(const std::string& role = "user") const {
    person user;
    user.name = new_name();
    on().add_user(user.name);
    user.id = on().id_of(user.name);
    if (role != "user") {
      EXPECT_EQ(give(on().admin(), user.id, role).status, 200);
    }
    user.token = on().sign_in(user.name).access;
    return user;
  }
  http_reply give(const std::string& by, const std::string& user, const std::string& role) const {
    return call(put_call("/admin/users/" + user + "/role", {{"role", role}}).as(by));
  }
  http_reply make(const std::string& by, const json& role) const {
    return call(post_json("/admin/roles", role.dump()).as(by));
  }
  /// A role with those permissions, made by the first administrator.
  std::string new_role(const json& permissions) const {
    const auto name = new_name();
    EXPECT_EQ(make(on().admin(), {{"name", name}, {"permissions", permissions}}).status, 201);
    return name;
  }
  int status_of_users(const std::string& token) const {
    return call(get("/admin/users").as(token)).status;
  }
};
LATCHKEY_ON_BOTH_ENGINES(Roles);

TEST_P(Roles, AreRefusedWhenTheyAreMalformed) {
  const auto root = on().admin();
  const json good{{"name", new_name()}, {"permissions", json::array({"users:read"})}};
  struct wrong {
    json body;
    const char* field;
  };
  const auto with = [&good](const char* key, const json& value) {
    auto body = good;
    body[key] = value;
    return body;
  };
  const json many(65, "a:b");
  for (const auto& [body, field] : std::vector<wrong>{
           {{{"permissions", json::array()}}, "name"},
           {{{"name", "a"}}, "permissions"},
           {with("name", ""), "name"},
           {with("name", "Support"), "name"},
           {with("name", "a b"), "name"},
           {with("name", std::string(51, 'a')), "name"},
           {with("name", 5), "name"},
           {with("permissions", "users:read"), "permissions"},
           {with("permissions", json::array({"users"})), "permissions"},
           {with("permissions", json::array({"users:*"})), "permissions"},
           {with("permissions", json::array({"Users:Read"})), "permissions"},
           {with("permissions", json::array({7})), "permissions"},
           {with("permissions", many), "permissions"},
           {with("description", std::string(256, 'a')), "description"},
           {with("description", "a\nb"), "description"},
           {with("is_built_in", true), "is_built_in"},
       })
    EXPECT_TRUE(is_error(make(root, body), 400, "VALIDATION_ERROR", field)) << body;
  EXPECT_EQ(call(get("/admin/roles/" + good["name"].get<std::string>()).as(root)).status, 404);
}

TEST_P(Roles, AreMadeReadChangedAndRemoved) {
  const auto root = on().admin();
  const auto name = new_name();
  const auto path = "/admin/roles/" + name;
  const auto made = make(root, {{"name", name},
                                {"description", "Looks users up"},
                                {"permissions", json::array({"users:read", "audit:read"})}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto body = json_of(made);
  EXPECT_EQ(keys_of(body), (keys{"name", "description", "permissions", "is_built_in",
                                 "requires_second_factor", "created_at", "updated_at"}));
  EXPECT_EQ(body["permissions"], json::array({"audit:read", "users:read"}));
  EXPECT_EQ(body["is_built_in"], false);
  EXPECT_EQ(json_of(call(get(path).as(root))), body);

  // What is not sent of the description stays; null takes it away.
  auto changed =
      json_of(call(put_call(path, {{"permissions", json::array({"users:read"})}}).as(root)));
  EXPECT_EQ(changed["description"], "Looks users up");
  EXPECT_EQ(changed["permissions"], json::array({"users:read"}));
  changed = json_of(
      call(put_call(path, {{"description", nullptr}, {"permissions", json::array()}}).as(root)));
  EXPECT_EQ(changed["description"], nullptr);
  EXPECT_EQ(json_of(call(get(path).as(root))), changed);

  auto remove = get(path);
  remove.method = "DELETE";
  EXPECT_EQ(call(http_call{remove}.as(root)).status, 204);
  EXPECT_TRUE(is_error(call(get(path).as(root)), 404, "NOT_FOUND"));
  EXPECT_TRUE(is_error(call(http_call{remove}.as(root)), 404, "NOT_FOUND"));
  EXPECT_TRUE(
      is_error(call(put_call(path, {{"permissions", json::array()}}).as(root)), 404, "NOT_FOUND"));
}

TEST_P(Roles, ThatAreBuiltInStayAsTheyAre) {
  const auto root = on().admin();
  const auto listed = json_of(call(get("/admin/roles").as(root)));
  std::set<std::string> built_in;
  for (const auto& role : listed["roles"])
    if (role["is_built_in"] == true) built_in.insert(role["name"]);
  EXPECT_EQ(built_in, (std::set<std::string>{"admin", "superuser", "user"}));
  for (const auto& name : built_in) {
    EXPECT_TRUE(is_error(make(root, {{"name", name}, {"permissions", json::array()}}), 409,
                         "CONFLICT", "name"));
    EXPECT_TRUE(
        is_error(call(put_call("/admin/roles/" + name, {{"permissions", json::array()}}).as(root)),
                 409, "CONFLICT", "name"));
    auto remove = get("/admin/roles/" + name);
    remove.method = "DELETE";
    EXPECT_TRUE(is_error(call(std::move(remove).as(root)), 409, "CONFLICT", "name"));
  }
}

TEST_P(Roles, AreNotMadeTwice) {
  const auto root = on().admin();
  const auto name = new_name();
  const auto body = json{{"name", name}, {"permissions", json::array()}}.dump();
  const auto answers = in_parallel(
      on().server->port(), std::vector<http_call>(8, post_json("/admin/roles", body).as(root)));
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(),
                          [](const timed_reply& answer) { return answer.reply.status == 201; }),
            1);
  for (const auto& answer : answers)
    EXPECT_TRUE(answer.reply.status == 201 || is_error(answer.reply, 409, "CONFLICT", "name"));
}

TEST_P(Roles, AreNotRemovedWhileSomebodyHasThem) {
  const auto role = new_role(json::array({"users:read"}));
  const auto user = somebody(role);
  const auto root = on().admin();
  auto remove = get("/admin/roles/" + role);
  remove.method = "DELETE";
  EXPECT_TRUE(is_error(call(http_call{remove}.as(root)), 409, "CONFLICT", "name"));
  EXPECT_EQ(give(root, user.id, "user").status, 200);
  EXPECT_EQ(call(http_call{remove}.as(root)).status, 204);
}

TEST_P(Roles, ActOnRunningTokensAtOnce) {
  const auto role = new_role(json::array({"users:read"}));
  const auto user = somebody();
  const auto root = on().admin();
  EXPECT_TRUE(is_error(call(get("/admin/users").as(user.token)), 403, "AUTH004", "permission",
                       "users:read"));
  const auto given = give(root, user.id, role);
  EXPECT_EQ(json_of(given), (json{{"id", user.id}, {"username", user.name}, {"role", role}}));
  EXPECT_EQ(status_of_users(user.token), 200);
  // The role's own change, too, on whichever reactor.
  EXPECT_EQ(
      call(put_call("/admin/roles/" + role, {{"permissions", json::array()}}).as(root)).status,
      200);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(status_of_users(user.token), 403);
  EXPECT_EQ(give(root, user.id, "admin").status, 200);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(status_of_users(user.token), 200);
  EXPECT_EQ(give(root, user.id, "user").status, 200);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(status_of_users(user.token), 403);
}

TEST_P(Roles, OfAUserAreSetByNumberAsByUuid) {
  const auto user = somebody();
  const auto number = json_of(call(get("/auth/me").as(user.token)))["id"].dump();
  EXPECT_EQ(json_of(give(on().admin(), number, "admin"))["id"], user.id);
  EXPECT_EQ(status_of_users(user.token), 200);
}

TEST_P(Roles, OfNobodyAreNotSet) {
  const auto root = on().admin();
  for (const auto* nobody : {"999999999", "00000000-0000-4000-8000-000000000000", "ada", "0", "-1",
                             "99999999999999999999"})
    EXPECT_TRUE(is_error(give(root, nobody, "user"), 404, "USER001")) << nobody;
  const auto user = somebody();
  EXPECT_TRUE(is_error(give(root, user.id, "no-such-role"), 400, "VALIDATION_ERROR", "role"));
  EXPECT_TRUE(is_error(call(put_call("/admin/users/" + user.id + "/role", json::object()).as(root)),
                       400, "VALIDATION_ERROR", "role"));
}

TEST_P(Roles, BeyondOnesOwnAreNotGivenMadeOrTouched) {
  const auto admin = somebody("admin");
  const auto other = somebody();
  const auto root = somebody("superuser");
  EXPECT_TRUE(is_error(give(admin.token, other.id, "superuser"), 403, "AUTH004", "role"));
  EXPECT_TRUE(is_error(give(admin.token, admin.id, "superuser"), 403, "AUTH004", "role"));
  EXPECT_TRUE(is_error(give(admin.token, root.id, "user"), 403, "AUTH004", "id"));
  for (const auto* beyond : {"*", "billing:refund"})
    EXPECT_TRUE(
        is_error(make(admin.token, {{"name", new_name()}, {"permissions", json::array({beyond})}}),
                 403, "AUTH004", "permissions"))
        << beyond;
  // One that a superuser made is not an administrator's to change, give or remove.
  const auto strong = new_role(json::array({"billing:refund"}));
  EXPECT_TRUE(is_error(give(admin.token, other.id, strong), 403, "AUTH004", "role"));
  EXPECT_TRUE(is_error(
      call(put_call("/admin/roles/" + strong, {{"permissions", json::array()}}).as(admin.token)),
      403, "AUTH004", "permissions"));
  auto remove = get("/admin/roles/" + strong);
  remove.method = "DELETE";
  EXPECT_TRUE(is_error(call(std::move(remove).as(admin.token)), 403, "AUTH004", "permissions"));
  EXPECT_EQ(json_of(call(get("/account/profile").as(root.token)))["id"], root.id);
  EXPECT_EQ(give(root.token, other.id, "superuser").status, 200);
}

TEST_P(Roles, LeaveTheLastAdministratorInPlace) {
  const product instance{GetParam()};
  const auto root = instance.admin();
  const auto demote = [&instance](const std::string& by, const std::string& login) {
    return instance.call(
        put_call("/admin/users/" + instance.id_of(login) + "/role", {{"role", "user"}}).as(by));
  };
  EXPECT_TRUE(is_error(demote(root, "admin"), 409, "CONFLICT", "role"));
  const auto name = new_name();
  instance.add_user(name);
  ASSERT_EQ(
      instance
          .call(put_call("/admin/users/" + instance.id_of(name) + "/role", {{"role", "superuser"}})
                    .as(root))
          .status,
      200);
  // Each demotes the other at once: one of them stays.
  const auto second = instance.sign_in(name).access;
  const auto path = [&instance](const std::string& login) {
    return "/admin/users/" + instance.id_of(login) + "/role";
  };
  const auto answers = in_parallel(instance.server->port(),
                                   {put_call(path(name), {{"role", "user"}}).as(root),
                                    put_call(path("admin"), {{"role", "user"}}).as(second)});
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM users WHERE role = 'superuser'"), 1);
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(),
                          [](const timed_reply& r) { return r.reply.status == 200; }),
            1);
}

TEST_P(Roles, AreStillThereAfterARestart) {
  product instance{GetParam()};
  const auto name = new_name();
  ASSERT_EQ(instance
                .call(post_json("/admin/roles",
                                json{{"name", name}, {"permissions", json::array({"a:b"})}}.dump())
                          .as(instance.admin()))
                .status,
            201);
  instance.server->kill();
  instance.start();
  EXPECT_EQ(json_of(instance.call(get("/admin/roles/" + name).as(instance.admin())))["permissions"],
            json::array({"a:b"}));
}

} // namespace
} // namespace latchkey::test
