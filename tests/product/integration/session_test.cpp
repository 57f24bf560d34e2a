// POST /api/auth/sync-session
#include "protocol/time.hpp"
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

constexpr const char* session_failed = "Failed to sync session";
constexpr const char* far_end = "2999-01-01T00:00:00Z";

/// Somebody who is signed in, as the tests below tell of them.
struct somebody {
  std::string name;
  tokens held;
  long number = 0;
};

class SyncSession : public Integration {
protected:
  somebody new_somebody() const {
    somebody user;
    user.name = new_name();
    on().add_user(user.name);
    user.held = on().sign_in(user.name);
    user.number = facts_of(user.held.access)["user_id"].get<long>();
    return user;
  }
  /// Rows of the user's sessions.
  std::vector<std::vector<std::string>> sessions_of(const somebody& user,
                                                    const std::string& columns) const {
    return on().store.query("SELECT " + columns +
                            " FROM sessions WHERE ended_at IS NULL AND user_id = (SELECT id FROM "
                            "users WHERE number = " +
                            std::to_string(user.number) + ") ORDER BY created_at");
  }
};
LATCHKEY_ON_BOTH_ENGINES(SyncSession);

/// The body that "Service Integration API Documentation", Sync User Session, prints, but for
/// who and when.
json printed(long number, const std::string& token, const std::string& end) {
  return {{"user_id", number},
          {"token", token},
          {"session_data",
           {{"session_id", "session-uuid"},
            {"device_info", {{"device_type", "mobile"}, {"browser", "chrome"}}},
            {"expires_at", end}}},
          {"timestamp", "2024-01-01T00:00:00Z"}};
}

TEST_P(SyncSession, NamesWhatIsWrongWithTheBody) {
  const auto user = new_somebody();
  const auto sound = printed(user.number, user.held.access, far_end);
  const auto with = [&](const std::string& pointer, const json& value) {
    auto body = sound;
    body[json::json_pointer(pointer)] = value;
    return body;
  };
  auto no_user = sound;
  no_user.erase("user_id");
  auto no_data = sound;
  no_data.erase("session_data");
  struct {
    json body;
    std::string field, reason;
  } const wrong[] = {
      {no_user, "user_id", "required"},
      {no_data, "session_data", "required"},
      {with("/user_id", json::object()), "user_id", ""},
      {with("/token", 7), "token", "string"},
      {with("/timestamp", "now"), "timestamp", ""},
      {with("/session_data", "session-uuid"), "session_data", "object"},
      {with("/session_data", nullptr), "session_data", ""},
      {with("/session_data/session_id", 7), "session_data.session_id", "string"},
      {with("/session_data/session_id", ""), "session_data.session_id", "empty"},
      {with("/session_data/session_id", std::string(256, 's')), "session_data.session_id",
       "at most"},
      {with("/session_data/device_info", "mobile"), "session_data.device_info", "object"},
      {with("/session_data/expires_at", 1704067200), "session_data.expires_at", ""},
      {with("/session_data/expires_at", "2024-13-01T00:00:00Z"), "session_data.expires_at", ""},
      {with("/session_data/is_active", "yes"), "session_data.is_active", ""},
      {with("/session_data/role", "admin"), "session_data.role", "not a field"},
      {with("/role", "admin"), "role", "not a field"},
  };
  const auto before = sessions_of(user, "id, expires_at");
  for (const auto& each : wrong)
    EXPECT_TRUE(
        is_flat(ask("sync-session", each.body), 400, session_failed, each.field, each.reason))
        << each.body;
  const std::string twice = R"({"user_id":1,"session_data":{"session_id":"a","session_id":"b"}})";
  EXPECT_TRUE(is_flat(call(service_call("/api/auth/sync-session", twice)), 400, session_failed,
                      "session_data", "twice"));
  EXPECT_EQ(sessions_of(user, "id, expires_at"), before);
}

// "Service Integration API Documentation", Sync User Session, Response Error (400)
TEST_P(SyncSession, RefusesATokenThatIsNotTheUsers) {
  const auto user = new_somebody();
  const auto other = new_somebody();
  auto ended = on().sign_in(user.name);
  EXPECT_EQ(call(post("/auth/logout").as(ended.access)).status, 200);
  for (const auto& token : {std::string{"jwt-token-string"}, other.held.access, ended.access,
                            user.held.refresh, std::string{""}})
    EXPECT_TRUE(is_flat(ask("sync-session", printed(user.number, token, far_end)), 400,
                        session_failed, "token"))
        << token;
  EXPECT_EQ(sessions_of(user, "id").size(), 1u);
}

TEST_P(SyncSession, RefusesAnUnknownUser) {
  json body{{"user_id", 999999999}, {"session_data", {{"session_id", "a"}}}};
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "user_id"));
  body["user_id"] = "6f1b2b1e-8a7c-4d3e-9f00-0123456789ab";
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "user_id"));
  body["session_data"]["is_active"] = false;
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "user_id"));
}

TEST_P(SyncSession, RefusesAnotherUsersSession) {
  const auto user = new_somebody();
  const auto other = new_somebody();
  const auto id = sessions_of(other, "id").at(0).at(0);
  json body{{"user_id", user.number}, {"session_data", {{"session_id", id}}}};
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "session_data.session_id"));
  body["session_data"]["is_active"] = false;
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "session_data.session_id"));
  EXPECT_TRUE(holds(other.held.access));
}

TEST_P(SyncSession, RefusesToReviveASessionThatHasEnded) {
  const auto user = new_somebody();
  const auto id = sessions_of(user, "id").at(0).at(0);
  EXPECT_EQ(call(post("/auth/logout").as(user.held.access)).status, 200);
  const json body{{"user_id", user.number},
                  {"session_data", {{"session_id", id}, {"is_active", true}}}};
  EXPECT_TRUE(is_flat(ask("sync-session", body), 400, session_failed, "session_data.session_id"));
  EXPECT_FALSE(holds(user.held.access));
  EXPECT_TRUE(call(post("/auth/token/refresh").cookie(user.held.refresh)).status == 401);
}

// "Flask Service Integration Documentation", Session Synchronization, as printed: the key as a
// Bearer token, neither a token nor a session's id
TEST_P(SyncSession, KeepsOneSessionOfAServiceThatNamesNone) {
  const auto user = new_somebody();
  const auto tell = [&](const json& id, const char* end, bool is_active) {
    const json body{{"user_id", id},
                    {"session_data", {{"expires_at", end}, {"is_active", is_active}}}};
    const auto asked = post_json("/api/auth/sync-session", body.dump()).as(service_key);
    EXPECT_TRUE(is_success(call(asked))) << body;
    return sessions_of(user, "id").size() - 1; // but for their own
  };
  const auto uuid = on().id_of(user.name);
  const auto number = std::to_string(user.number);
  for (const json& id : {json(uuid), json(number), json(user.number), json(uuid)})
    EXPECT_EQ(tell(id, far_end, true), 1u) << id;
  EXPECT_TRUE(sessions_of(user, "expires_at").at(1).at(0).starts_with("2999-01-01"));
  for (const auto& id : {uuid, number})
    EXPECT_EQ(tell(id, far_end, false), 0u) << id;
  EXPECT_TRUE(holds(user.held.access)); // it was not the service's to end
  EXPECT_EQ(tell(uuid, far_end, true), 1u);
  EXPECT_EQ(tell(uuid, "2024-01-01T00:00:00Z", true), 0u) << "as printed: it has ended";
}

// "Service Integration API Documentation", Sync User Session, Response Success (200)
TEST_P(SyncSession, AddsASessionAsPrinted) {
  const auto user = new_somebody();
  const auto body = printed(user.number, user.held.access, far_end);
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  auto found = sessions_of(user, "user_agent, expires_at, id");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1][0], "mobile, chrome");
  EXPECT_TRUE(found[1][1].starts_with("2999-01-01")) << found[1][1];
  EXPECT_EQ(found[1][2][14], '8') << "a name of our own: RFC 9562, version 8";
  EXPECT_TRUE(holds(user.held.access));

  // The same name is the same session, another user's is another.
  auto later = body;
  later["session_data"]["expires_at"] = "2998-01-01T00:00:00Z";
  EXPECT_TRUE(is_success(ask("sync-session", later)));
  const auto changed = sessions_of(user, "user_agent, expires_at, id");
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed[1][2], found[1][2]);
  EXPECT_TRUE(changed[1][1].starts_with("2998-01-01")) << changed[1][1];
  const auto other = new_somebody();
  EXPECT_TRUE(is_success(ask("sync-session", printed(other.number, other.held.access, far_end))));
  EXPECT_NE(sessions_of(other, "id").at(1).at(0), found[1][2]);
}

// The printed body as it stands names an end that is past.
TEST_P(SyncSession, EndsASessionWhoseEndIsPast) {
  const auto user = new_somebody();
  EXPECT_TRUE(is_success(ask("sync-session", printed(user.number, user.held.access, far_end))));
  EXPECT_EQ(sessions_of(user, "id").size(), 2u);
  const auto past = printed(user.number, user.held.access, "2024-01-01T00:00:00Z");
  EXPECT_TRUE(is_success(ask("sync-session", past)));
  EXPECT_EQ(sessions_of(user, "id").size(), 1u);
  EXPECT_TRUE(is_success(ask("sync-session", past))) << "a retry";
  EXPECT_TRUE(holds(user.held.access)) << "it was another session";
}

// "Flask Service Integration Documentation", Session Synchronization
TEST_P(SyncSession, MeansTheTokensSessionWhenNoneIsNamed) {
  const auto user = new_somebody();
  json body{{"user_id", std::to_string(user.number)},
            {"token", user.held.access},
            {"session_data", {{"expires_at", "2999-01-01T00:00:00Z"}, {"is_active", true}}}};
  const auto flask = [&] {
    return call(post_json("/api/auth/sync-session", body.dump()).as(service_key));
  };
  const auto before = sessions_of(user, "id, user_agent, address");
  EXPECT_TRUE(is_success(flask()));
  EXPECT_EQ(sessions_of(user, "id, user_agent, address"), before)
      << "what is not told is as it was";
  EXPECT_FALSE(sessions_of(user, "expires_at")[0][0].starts_with("2999-01-01"))
      << "it was opened by signing in here";

  body["session_data"]["is_active"] = false;
  EXPECT_TRUE(is_success(flask()));
  EXPECT_TRUE(is_flat(ask("validate-token", {{"token", user.held.access}}), 401, "Invalid token"));
  EXPECT_EQ(on().status_of_me(user.held.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(user.held.refresh)).status, 401);
  EXPECT_TRUE(sessions_of(user, "id").empty());
  EXPECT_TRUE(is_success(flask())) << "a retry whose first answer was lost";
}

TEST_P(SyncSession, EndsASessionOnEveryReactorAtOnce) {
  const auto user = new_somebody();
  const std::vector<http_call> questions(
      16, service_call("/api/auth/validate-token", json{{"token", user.held.access}}));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_EQ(answer.reply.status, 200);
  const json body{{"user_id", user.number},
                  {"token", user.held.access},
                  {"session_data", {{"is_active", false}}}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_TRUE(is_flat(answer.reply, 401, "Invalid token"));
}

TEST_P(SyncSession, KeepsTheEndThatWasNotTold) {
  const auto user = new_somebody();
  json body{{"user_id", user.number},
            {"session_data", {{"session_id", "tab-1"}, {"expires_at", far_end}}}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  body["session_data"] = {{"session_id", "tab-1"}, {"device_info", {{"browser", "firefox"}}}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  const auto found = sessions_of(user, "user_agent, expires_at").at(1);
  EXPECT_EQ(found[0], "firefox");
  EXPECT_TRUE(found[1].starts_with("2999-01-01")) << found[1];
  body["session_data"] = {{"session_id", "tab-1"}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  EXPECT_EQ(sessions_of(user, "user_agent, expires_at").at(1), found);
}

TEST_P(SyncSession, LetsNoSessionOfOursLiveLongerThanItsKind) {
  const auto user = new_somebody();
  const auto opened = sessions_of(user, "expires_at");
  json body{{"user_id", user.number},
            {"token", user.held.access},
            {"session_data", {{"expires_at", far_end}}}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  EXPECT_EQ(sessions_of(user, "expires_at"), opened);
  EXPECT_TRUE(holds(user.held.access));
}

// However many other sessions the user has.
TEST_P(SyncSession, EndsAllThatTheServiceHoldsWithoutAName) {
  const auto user = new_somebody();
  const auto before = sessions_of(user, "id").size();
  const json alive{{"user_id", user.number}, {"session_data", {{"expires_at", far_end}}}};
  const std::vector<http_call> calls(8, service_call("/api/auth/sync-session", alive));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(is_success(answer.reply));
  EXPECT_TRUE(is_success(call(service_call("/api/auth/sync-session", alive, other_service_key))));
  EXPECT_GT(sessions_of(user, "id").size(), before + 1);
  auto dead = alive;
  dead["session_data"] = {{"is_active", false}};
  EXPECT_TRUE(is_success(ask("sync-session", dead)));
  EXPECT_EQ(sessions_of(user, "id").size(), before + 1) << "the other service's";
}

TEST_P(SyncSession, MovesTheEndOfASessionInUse) {
  const auto user = new_somebody();
  EXPECT_TRUE(holds(user.held.access)); // its actor is in memory
  const auto soon = std::chrono::system_clock::now() + std::chrono::milliseconds{1500};
  const auto in_us = std::chrono::floor<std::chrono::microseconds>(soon);
  json body{{"user_id", user.number},
            {"token", user.held.access},
            {"session_data", {{"expires_at", to_rfc3339(in_us)}}}};
  EXPECT_TRUE(is_success(ask("sync-session", body)));
  EXPECT_TRUE(eventually([&] { return !holds(user.held.access); }));
  EXPECT_GE(std::chrono::system_clock::now(), soon);
}

TEST_P(SyncSession, IsEndedWithTheOthersOfItsUser) {
  const auto user = new_somebody();
  EXPECT_TRUE(is_success(ask("sync-session", printed(user.number, user.held.access, far_end))));
  EXPECT_TRUE(is_success(ask("revoke-user-sessions", {{"user_id", user.number}})));
  EXPECT_TRUE(sessions_of(user, "id").empty());
  const json again{{"user_id", user.number}, {"session_data", {{"session_id", "session-uuid"}}}};
  EXPECT_TRUE(is_flat(ask("sync-session", again), 400, session_failed, "session_data.session_id"));
}

TEST_P(SyncSession, SucceedsForAllWhoTellOfTheSameSessionAtOnce) {
  const auto user = new_somebody();
  const std::vector<http_call> calls(
      16, service_call("/api/auth/sync-session", printed(user.number, user.held.access, far_end)));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(is_success(answer.reply));
  EXPECT_EQ(sessions_of(user, "id").size(), 2u);
}

TEST_P(SyncSession, NeverRevivesWhatEndsAtTheSameMoment) {
  for (int round = 0; round < 5; ++round) {
    const auto user = new_somebody();
    json alive{{"user_id", user.number},
               {"token", user.held.access},
               {"session_data", {{"is_active", true}, {"expires_at", far_end}}}};
    auto dead = alive;
    dead["session_data"] = {{"is_active", false}};
    std::vector<http_call> calls(6, service_call("/api/auth/sync-session", alive));
    calls.insert(calls.begin() + 3, service_call("/api/auth/sync-session", dead));
    const auto answers = in_parallel(on().server->port(), calls);
    EXPECT_TRUE(is_success(answers[3].reply));
    for (const auto& answer : answers)
      EXPECT_TRUE(answer.reply.status == 200 || is_flat(answer.reply, 400, session_failed))
          << answer.reply.body;
    EXPECT_FALSE(holds(user.held.access));
    EXPECT_TRUE(sessions_of(user, "id").empty());
  }
}

} // namespace
} // namespace latchkey::test
