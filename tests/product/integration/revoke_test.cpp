// POST /api/auth/revoke-user-sessions
#include "tests/product/integration/integration.hpp"

#include <thread>

namespace latchkey::test {
namespace {

using RevokeUserSessions = Integration;
LATCHKEY_ON_BOTH_ENGINES(RevokeUserSessions);

constexpr const char* revoke_failed = "Failed to revoke sessions";

json revocation(const json& user) {
  return {{"user_id", user}, {"reason", "user_requested"}, {"timestamp", "2024-01-01T00:00:00Z"}};
}

// "Service Integration API Documentation", Revoke User Sessions, Response Error (400)
TEST_P(RevokeUserSessions, FailsForAnUnknownUser) {
  for (const auto& user :
       std::vector<json>{999999999, "999999999", "6f1b2b1e-8a7c-4d3e-9f00-0123456789ab"})
    EXPECT_TRUE(
        is_flat(ask("revoke-user-sessions", revocation(user)), 400, revoke_failed, "user_id"))
        << user;
}

TEST_P(RevokeUserSessions, NamesWhatIsWrongWithTheBody) {
  auto sound = revocation(1);
  const auto with = [&](const std::string& field, const json& value) {
    auto body = sound;
    body[field] = value;
    return body;
  };
  struct {
    json body;
    std::string field, reason;
  } const wrong[] = {
      {json::object(), "user_id", "required"},
      {with("user_id", nullptr), "user_id", ""},
      {with("user_id", 1.5), "user_id", ""},
      {with("user_id", 0), "user_id", ""},
      {with("user_id", -1), "user_id", ""},
      {with("user_id", true), "user_id", ""},
      {with("user_id", json::array({1})), "user_id", ""},
      {with("user_id", "1 OR 1=1"), "user_id", ""},
      {with("user_id", "01"), "user_id", ""},
      {with("user_id", 9007199254740993), "user_id", ""},
      {with("reason", 1), "reason", "string"},
      {with("reason", std::string(256, 'r')), "reason", "at most"},
      {with("timestamp", "yesterday"), "timestamp", ""},
      {with("timestamp", 1704067200), "timestamp", ""},
      {with("all", true), "all", "not a field"},
  };
  for (const auto& example : wrong)
    EXPECT_TRUE(is_flat(ask("revoke-user-sessions", example.body), 400, revoke_failed,
                        example.field, example.reason))
        << example.body;
}

// "Service Integration API Documentation", Revoke User Sessions, Response Success (200)
TEST_P(RevokeUserSessions, EndsEverySessionBeforeItAnswers) {
  const auto name = new_name();
  on().add_user(name);
  std::vector<tokens> held;
  for (int i = 0; i < 8; ++i)
    held.push_back(on().sign_in(name));
  const auto bystander = on().sign_in_new_user();
  // Over many connections, so that the handles of every reactor are warm.
  std::vector<http_call> questions;
  for (int i = 0; i < 8; ++i)
    for (const auto& token : held)
      questions.push_back(service_call("/api/auth/validate-token", json{{"token", token.access}}));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_EQ(answer.reply.status, 200) << answer.reply.body;

  const auto number = facts_of(held.front().access)["user_id"];
  EXPECT_TRUE(is_success(ask("revoke-user-sessions", revocation(number))));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_TRUE(is_flat(answer.reply, 401, "Invalid token"));
  for (const auto& token : held) {
    EXPECT_EQ(on().status_of_me(token.access), 401);
    EXPECT_TRUE(is_error(call(post("/auth/token/refresh").cookie(token.refresh)), 401, "AUTH003"));
  }
  EXPECT_TRUE(holds(bystander.access));
  EXPECT_TRUE(holds(on().sign_in(name).access)) << "the user may come back";
  // Nobody is left to be ended: that is no failure.
  EXPECT_TRUE(is_success(ask("revoke-user-sessions", {{"user_id", number}})));
}

TEST_P(RevokeUserSessions, TakesANumberAsTextAndAUuid) {
  const auto name = new_name();
  on().add_user(name);
  for (const auto* column : {"number", "id"}) {
    const auto held = on().sign_in(name);
    const auto id = on().store.query("SELECT " + std::string{column} +
                                     " FROM users WHERE username = '" + name + "'");
    EXPECT_TRUE(is_success(ask("revoke-user-sessions", revocation(id.at(0).at(0))))) << column;
    EXPECT_FALSE(holds(held.access)) << column;
  }
}

TEST_P(RevokeUserSessions, PutsTheReasonOnRecord) {
  const auto held = on().sign_in_new_user();
  auto body = revocation(facts_of(held.access)["user_id"]);
  body["reason"] = "lost phone of " + new_name();
  EXPECT_TRUE(is_success(ask("revoke-user-sessions", body)));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE reason = '" +
                             body["reason"].get<std::string>() + "' AND actor = 'service:billing'"),
            1);
}

TEST_P(RevokeUserSessions, LeavesNoSessionOfASignInThatRuns) {
  const auto name = new_name();
  on().add_user(name);
  const auto number = facts_of(on().sign_in(name).access)["user_id"];
  std::vector<http_call> calls;
  for (int i = 0; i < 12; ++i) {
    calls.push_back(post_json("/auth/token", credentials(name).dump()));
    if (i % 3 == 2)
      calls.push_back(service_call("/api/auth/revoke-user-sessions", revocation(number)));
  }
  std::vector<std::string> given;
  for (const auto& answer : in_parallel(on().server->port(), calls)) {
    EXPECT_EQ(answer.reply.status, 200) << answer.reply.body;
    if (const auto held = tokens_of(answer.reply); !held.access.empty())
      given.push_back(held.access);
  }
  ASSERT_EQ(given.size(), 12u);
  EXPECT_TRUE(is_success(ask("revoke-user-sessions", revocation(number))));
  for (const auto& token : given)
    EXPECT_FALSE(holds(token));
}

} // namespace
} // namespace latchkey::test
