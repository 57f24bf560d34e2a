// projects_test.cpp — /api/v1/projects: who sees which, and exactly as many as the tier allows.
#include "tests/product/billing/billing.hpp"

#include <stdexcept>

namespace latchkey::test {
namespace {

class Projects : public Product {
protected:
  member ada = new_member(on());

  json create(const json& body = {{"name", "demo"}}) const {
    const auto reply = create_project(on(), ada.token, body);
    if (reply.status != 201) throw std::runtime_error("no project: " + reply.body);
    return json_of(reply);
  }
  static std::string path_of(const json& project) {
    return "/api/v1/projects/" + project["id"].get<std::string>();
  }
  json list(const std::string& token, const std::string& query = "") const {
    return json_of(call(get("/api/v1/projects" + query).as(token)));
  }
  std::int64_t used() const {
    return quota_in(json_of(get_subscription(on(), ada.token)), "projects").value("used", -1);
  }
  long rows() const {
    return on().store.count("SELECT count(*) FROM projects WHERE owner_id = '" + ada.id + "'");
  }
  /// As those who share a client have it; there is no endpoint that sets it. The server must
  /// not have looked at the user yet.
  member new_colleague_of_ada() const {
    member out;
    out.name = new_name();
    on().add_user(out.name);
    out.id = on().id_of(out.name);
    on().store.query("UPDATE users SET client_id = '" + ada.id + "' WHERE id = '" + out.id + "'");
    out.token = on().sign_in(out.name).access;
    return out;
  }
};
LATCHKEY_ON_BOTH_ENGINES(Projects);

struct refused {
  json body;
  std::string field;
};

const std::vector<refused> wrong_values = {
    {{{"name", nullptr}}, "name"},
    {{{"name", 5}}, "name"},
    {{{"name", ""}}, "name"},
    {{{"name", " \t "}}, "name"},
    {{{"name", std::string(256, 'x')}}, "name"},
    {{{"name", std::string(5000, 'x')}}, "name"},
    {{{"name", "a\nb"}}, "name"},
    {{{"name", std::string("a\0b", 3)}}, "name"},
    {{{"name", "a"}, {"description", std::string(4001, 'x')}}, "description"},
    {{{"name", "a"}, {"description", std::string("a\0b", 3)}}, "description"},
    {{{"name", "a"}, {"description", json::array()}}, "description"},
    {{{"name", "a"}, {"is_active", "true"}}, "is_active"},
    {{{"name", "a"}, {"is_active", nullptr}}, "is_active"},
    {{{"name", "a"}, {"owner_id", "x"}}, "owner_id"},
    {{{"name", "a"}, {"client_id", "x"}}, "client_id"},
    {{{"name", "a"}, {"id", "x"}}, "id"},
};

TEST_P(Projects, AreNotMadeOfWhatIsWrong) {
  EXPECT_TRUE(is_error(call(post_json("/api/v1/projects", "{}")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(create_project(on(), ada.token, json::object()), 400, "VALIDATION_ERROR",
                       "name", "is required"));
  for (const auto& example : wrong_values)
    EXPECT_TRUE(is_error(create_project(on(), ada.token, example.body), 400, "VALIDATION_ERROR",
                         example.field))
        << example.body.dump(-1, ' ', true);
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(used(), 0);
}

TEST_P(Projects, AreNotChangedIntoWhatIsWrong) {
  const auto project = create();
  for (const auto& example : wrong_values)
    EXPECT_TRUE(is_error(call(put_json(path_of(project), example.body.dump()).as(ada.token)), 400,
                         "VALIDATION_ERROR", example.field))
        << example.body.dump(-1, ' ', true);
  EXPECT_EQ(json_of(call(get(path_of(project)).as(ada.token))), project);
}

TEST_P(Projects, OfSomebodyElseAreNotThere) {
  const auto project = create();
  const auto eve = new_member(on());
  const auto path = path_of(project);
  std::string missing = path;
  missing.back() = missing.back() == '0' ? '1' : '0';
  const auto body = json{{"name", "mine"}}.dump();
  for (const auto& target : {path, missing, std::string{"/api/v1/projects/1"}}) {
    EXPECT_TRUE(is_error(call(get(target).as(eve.token)), 404, "NOT_FOUND")) << target;
    EXPECT_TRUE(is_error(call(put_json(target, body).as(eve.token)), 404, "NOT_FOUND")) << target;
    EXPECT_TRUE(is_error(call(delete_(target).as(eve.token)), 404, "NOT_FOUND")) << target;
  }
  // Not a word differs but what is each answer's own.
  auto theirs = json_of(call(get(path).as(eve.token)))["error"];
  auto nobodys = json_of(call(get(missing).as(eve.token)))["error"];
  for (auto* error : {&theirs, &nobodys}) {
    error->erase("timestamp");
    error->erase("request_id");
  }
  EXPECT_EQ(theirs, nobodys);
  EXPECT_EQ(list(eve.token)["total"], 0);
  EXPECT_EQ(json_of(call(get(path).as(ada.token))), project);
}

TEST_P(Projects, AreMadeSeenChangedAndDeletedByTheirOwner) {
  const auto project = create({{"name", "  Démo "}, {"description", "two\nlines"}});
  EXPECT_EQ(keys_of(project), (keys{"id", "client_id", "name", "description", "owner_id",
                                    "is_active", "created_at", "updated_at"}));
  EXPECT_EQ(project["name"], "Démo");
  EXPECT_EQ(project["description"], "two\nlines");
  EXPECT_EQ(project["owner_id"], ada.id);
  EXPECT_EQ(project["client_id"], ada.id);
  EXPECT_EQ(project["is_active"], true);
  EXPECT_EQ(json_of(call(get(path_of(project)).as(ada.token))), project);

  const auto change = json{{"description", nullptr}, {"is_active", false}}.dump();
  const auto changed = call(put_json(path_of(project), change).as(ada.token));
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(json_of(changed)["name"], "Démo");
  EXPECT_EQ(json_of(changed)["description"], nullptr);
  EXPECT_EQ(json_of(changed)["is_active"], false);
  EXPECT_EQ(json_of(call(get(path_of(project)).as(ada.token))), json_of(changed));

  const auto deleted = call(delete_(path_of(project)).as(ada.token));
  EXPECT_EQ(deleted.status, 204);
  EXPECT_EQ(deleted.body, "");
  EXPECT_TRUE(is_error(call(delete_(path_of(project)).as(ada.token)), 404, "NOT_FOUND"));
  EXPECT_TRUE(is_error(call(get(path_of(project)).as(ada.token)), 404, "NOT_FOUND"));
  EXPECT_EQ(used(), 0);
}

TEST_P(Projects, HoldWhatIsJustLongEnough) {
  std::string name, description;
  for (int i = 0; i < 255; ++i)
    name += "é";
  for (int i = 0; i < 4000; ++i)
    description += "é";
  const auto project = create({{"name", name}, {"description", description}});
  EXPECT_EQ(project["name"], name);
  EXPECT_EQ(project["description"], description);
}

TEST_P(Projects, AreSharedByThoseOfOneClient) {
  const auto project = create();
  const auto colleague = new_colleague_of_ada();
  EXPECT_EQ(json_of(call(get(path_of(project)).as(colleague.token))), project);
  EXPECT_EQ(list(colleague.token)["total"], 1);
  const auto change = json{{"name", "ours"}}.dump();
  EXPECT_EQ(call(put_json(path_of(project), change).as(colleague.token)).status, 200);
  // What the colleague makes is charged to the colleague and seen by both.
  const auto theirs = create_project(on(), colleague.token);
  ASSERT_EQ(theirs.status, 201) << theirs.body;
  EXPECT_EQ(json_of(theirs)["client_id"], ada.id);
  EXPECT_EQ(list(ada.token)["total"], 2);
  EXPECT_EQ(used(), 1);
  // And what the colleague deletes of ada's is given back to ada.
  EXPECT_EQ(call(delete_(path_of(project)).as(colleague.token)).status, 204);
  EXPECT_EQ(used(), 0);
  EXPECT_EQ(quota_in(json_of(get_subscription(on(), colleague.token)), "projects")["used"], 1);
}

TEST_P(Projects, AreListedInTheOrderTheyWereMadePageByPage) {
  ASSERT_EQ(set_subscription(on(), on().admin(), ada.id, {{"tier", "pro"}}).status, 200);
  std::vector<json> made;
  for (int i = 0; i < 5; ++i)
    made.push_back(create({{"name", "p" + std::to_string(i)}}));
  const auto all = list(ada.token);
  EXPECT_EQ(keys_of(all), (keys{"total", "page", "limit", "projects"}));
  EXPECT_EQ(all["total"], 5);
  EXPECT_EQ(all["page"], 1);
  EXPECT_EQ(all["limit"], 50);
  EXPECT_EQ(all["projects"], json(made));
  const auto second = list(ada.token, "?page=2&limit=2");
  EXPECT_EQ(second["total"], 5);
  EXPECT_EQ(second["page"], 2);
  EXPECT_EQ(second["limit"], 2);
  EXPECT_EQ(second["projects"], json({made[2], made[3]}));
  EXPECT_EQ(list(ada.token, "?page=4&limit=2")["projects"], json::array());
}

TEST_P(Projects, AreNotListedByAQueryThatIsNone) {
  for (const auto* query :
       {"?page=0", "?page=-1", "?page=x", "?page=", "?page=1&page=2", "?page=99999999999999999999",
        "?limit=0", "?limit=1001", "?limit=1.5", "?size=5", "?owner=x"})
    EXPECT_TRUE(is_error(call(get(std::string{"/api/v1/projects"} + query).as(ada.token)), 400,
                         "VALIDATION_ERROR"))
        << query;
}

TEST_P(Projects, AreExactlyAsManyAsTheTierAllowsHoweverManyAreAskedForAtOnce) {
  std::vector<http_call> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(
        post_json("/api/v1/projects", json{{"name", std::to_string(i)}}.dump()).as(ada.token));
  int made = 0;
  for (const auto& [reply, after] : in_parallel(on().server->port(), calls)) {
    made += reply.status == 201 ? 1 : 0;
    if (reply.status == 201) continue;
    ASSERT_EQ(reply.status, 429) << reply.body;
    EXPECT_EQ(json_of(reply)["error"]["code"], "SUB002");
    EXPECT_EQ(details_of(reply),
              (json{{"quota", "projects"}, {"limit", 3}, {"resets_at", nullptr}}));
  }
  EXPECT_EQ(made, 3);
  EXPECT_EQ(rows(), 3);
  EXPECT_EQ(used(), 3);
  EXPECT_EQ(list(ada.token)["total"], 3);
}

TEST_P(Projects, GiveBackOnceHoweverManyDeleteOneAtOnce) {
  const auto project = create();
  create();
  const std::vector<http_call> calls(20, delete_(path_of(project)).as(ada.token));
  int deleted = 0;
  for (const auto& [reply, after] : in_parallel(on().server->port(), calls)) {
    deleted += reply.status == 204 ? 1 : 0;
    EXPECT_TRUE(reply.status == 204 || reply.status == 404) << reply.body;
  }
  EXPECT_EQ(deleted, 1);
  EXPECT_EQ(used(), 1);
}

TEST_P(Projects, StayWithASmallerTierThatAllowsNoMoreOfThem) {
  const auto admin = on().admin();
  ASSERT_EQ(set_subscription(on(), admin, ada.id, {{"tier", "pro"}}).status, 200);
  for (int i = 0; i < 5; ++i)
    create();
  ASSERT_EQ(set_subscription(on(), admin, ada.id, {{"tier", "free"}}).status, 200);
  const auto all = list(ada.token);
  EXPECT_EQ(all["total"], 5);
  EXPECT_EQ(create_project(on(), ada.token).status, 429);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(
        call(delete_(path_of(all["projects"][static_cast<std::size_t>(i)])).as(ada.token)).status,
        204);
  EXPECT_EQ(create_project(on(), ada.token).status, 201);
  EXPECT_EQ(used(), 3);
}

} // namespace
} // namespace latchkey::test
