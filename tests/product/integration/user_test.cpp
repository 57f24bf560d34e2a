// POST /api/auth/sync-user
#include "protocol/time.hpp"
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

using SyncUser = Integration;
LATCHKEY_ON_BOTH_ENGINES(SyncUser);

constexpr const char* user_failed = "Failed to sync user data";

/// The body that "Service Integration API Documentation", Sync User Data, prints, for somebody.
json printed(const json& id, const std::string& email) {
  return {{"id", id},
          {"email", email},
          {"is_active", true},
          {"is_email_verified", true},
          {"first_name", "John"},
          {"last_name", "Doe"},
          {"profile_picture", "url-to-picture"},
          {"last_sync", "2024-01-01T00:00:00Z"}};
}

std::string new_email() {
  return new_name() + "@example.com";
}

const char* const every_column = "email, username, first_name, last_name, avatar_url, "
                                 "CASE WHEN is_active THEN 'active' ELSE 'inactive' END, "
                                 "CASE WHEN email_verified THEN 'verified' ELSE '' END";

TEST_P(SyncUser, NamesWhatIsWrongWithTheBody) {
  const auto number = new_number();
  const auto sound = printed(number, new_email());
  const auto with = [&](const std::string& field, const json& value) {
    auto body = sound;
    body[field] = value;
    return body;
  };
  const auto without = [&](const std::string& field) {
    auto body = sound;
    body.erase(field);
    return body;
  };
  struct {
    json body;
    std::string field, reason;
  } const wrong[] = {
      {without("id"), "id", "required"},
      {without("email"), "email", "required"},
      {with("id", 0), "id", ""},
      {with("id", "me"), "id", ""},
      {with("id", 1e300), "id", ""},
      {with("id", "00000000-0000-0000-0000-000000000000"), "id", ""},
      {with("email", "nobody"), "email", ""},
      {with("email", "a@b.example, c@d.example"), "email", ""},
      {with("email", json::array({"a@b.example"})), "email", "string"},
      {with("email", "a@b.example\r\nBcc: c@d.example"), "email", ""},
      {with("is_active", "true"), "is_active", ""},
      {with("is_email_verified", 1), "is_email_verified", ""},
      {with("first_name", 1), "first_name", "string"},
      {with("first_name", std::string("a\0b", 3)), "first_name", "control"},
      {with("last_name", std::string(101, 'x')), "last_name", "100"},
      {with("profile_picture", std::string(501, 'x')), "profile_picture", "at most"},
      {with("profile_picture", "javascript:alert(1)"), "profile_picture", "https"},
      {with("last_sync", "soon"), "last_sync", ""},
      {with("role", "superuser"), "role", "not a field"},
      {with("is_superuser", true), "is_superuser", "not a field"},
      {with("password", "correct horse battery"), "password", "not a field"},
  };
  for (const auto& example : wrong)
    EXPECT_TRUE(
        is_flat(ask("sync-user", example.body), 400, user_failed, example.field, example.reason))
        << example.body;
  EXPECT_TRUE(row_of(number, "id").empty()) << "and nobody was added";
}

// "Service Integration API Documentation", Sync User Data, Response Error (400)
TEST_P(SyncUser, RefusesAnotherUsersEmail) {
  const auto name = new_name();
  on().add_user(name);
  const auto number = new_number();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, new_email()))));
  const auto before = row_of(number, every_column);
  for (const auto& taken : {name + "@example.com", name + "@EXAMPLE.com"}) {
    auto body = printed(number, taken);
    body["last_sync"] = "2024-01-02T00:00:00Z";
    EXPECT_TRUE(is_flat(ask("sync-user", body), 400, user_failed, "email")) << taken;
  }
  EXPECT_EQ(row_of(number, every_column), before);
}

// "Service Integration API Documentation", Sync User Data, Response Success (200)
TEST_P(SyncUser, AddsAnUnknownUserAsPrinted) {
  EXPECT_TRUE(is_success(ask("sync-user", printed(123, "user@example.com"))));
  EXPECT_EQ(row_of(123, every_column),
            (std::vector<std::string>{"user@example.com", "user@example.com", "John", "Doe",
                                      "url-to-picture", "active", "verified"}));
  // The same again, as a retry would send it.
  EXPECT_TRUE(is_success(ask("sync-user", printed(123, "user@example.com"))));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE email = 'user@example.com'"), 1);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE actor = 'service:billing' AND "
                             "user_id = (SELECT id FROM users WHERE number = 123)") > 0,
            true);
}

// "Flask Service Integration Documentation", User Data Synchronization
TEST_P(SyncUser, TakesAnIdThatIsText) {
  const auto number = new_number();
  const auto email = new_email();
  const json body{{"id", std::to_string(number)}, {"email", email},    {"first_name", "Ann"},
                  {"last_name", "Lee"},           {"is_active", true}, {"is_email_verified", true}};
  const auto reply = call(post_json("/api/auth/sync-user", body.dump()).as(service_key));
  EXPECT_TRUE(is_success(reply));
  EXPECT_EQ(row_of(number, every_column),
            (std::vector<std::string>{email, email, "Ann", "Lee", "", "active", "verified"}));

  const std::string uuid = "0191d2a4-5c6d-7e8f-9a0b-" + std::to_string(100000000000 + number);
  const auto other = new_email();
  EXPECT_TRUE(is_success(ask("sync-user", {{"id", uuid}, {"email", other}})));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE id = '" + uuid + "' AND email = '" +
                             other + "' AND number > 0"),
            1);
}

TEST_P(SyncUser, LeavesOurOwnNumberingWhereItIs) {
  const auto number = new_number();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, new_email()))));
  const auto added = call(post_json("/auth/register", registration(new_name()).dump()));
  ASSERT_EQ(added.status, 201) << added.body;
  EXPECT_LT(json_of(added)["id"].get<long>(), number);
}

TEST_P(SyncUser, ChoosesNumbersThatOurOwnPassOver) {
  const auto next = [this] {
    const auto added = call(post_json("/auth/register", registration(new_name()).dump()));
    EXPECT_EQ(added.status, 201) << added.body;
    return json_of(added)["id"].get<long>();
  };
  const auto last = next();
  for (const long ahead : {1, 2, 3, 5})
    EXPECT_TRUE(is_success(ask("sync-user", printed(last + ahead, new_email()))));
  EXPECT_EQ(next(), last + 4);
  EXPECT_EQ(next(), last + 6);
}

// JSON's numbers have no types (RFC 8259, 6).
TEST_P(SyncUser, TakesAnIntegerHoweverItIsWritten) {
  const auto number = new_number();
  const auto email = new_email();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, email))));
  const auto digits = std::to_string(number);
  for (const auto& id : {digits + ".0", digits + ".00", digits + "e0", "\"" + digits + "\"",
                         digits.substr(0, digits.size() - 3) + "E3"}) {
    const auto body =
        R"({"id":)" + id + R"(,"email":")" + email + R"(","first_name":")" + new_name() + R"("})";
    EXPECT_TRUE(is_success(call(service_call("/api/auth/sync-user", body)))) << body;
    EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE email = '" + email + "'"), 1);
    const auto revoked = R"({"user_id":)" + id + "}";
    EXPECT_TRUE(is_success(call(service_call("/api/auth/revoke-user-sessions", revoked)))) << id;
    const auto session = R"({"user_id":)" + id + R"(,"session_data":{"is_active":true}})";
    EXPECT_TRUE(is_success(call(service_call("/api/auth/sync-session", session)))) << id;
  }
  for (const auto& id : {digits + ".5", "-" + digits + ".0", std::string{"1e30"}}) {
    const auto body = R"({"id":)" + id + R"(,"email":")" + email + R"("})";
    EXPECT_TRUE(is_flat(call(service_call("/api/auth/sync-user", body)), 400, user_failed, "id"));
  }
}

TEST_P(SyncUser, AddsNobodyWhoCouldSignIn) {
  const auto email = new_email();
  EXPECT_TRUE(is_success(ask("sync-user", printed(new_number(), email))));
  for (const auto& guess : {"x", "null", "John"})
    EXPECT_TRUE(
        is_error(call(post_json("/auth/token", credentials(email, guess).dump())), 401, "AUTH001"));
}

TEST_P(SyncUser, ChangesTheUserOfThatId) {
  const auto name = new_name();
  const auto added = call(post_json("/auth/register", registration(name).dump()));
  const auto number = json_of(added)["id"].get<long>(); // nobody has signed in as the user yet
  const auto email = new_email();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, email))));
  EXPECT_EQ(row_of(number, every_column),
            (std::vector<std::string>{email, name, "John", "Doe", "url-to-picture", "active",
                                      ""})); // whoever chose the password may not own the address
  const auto me = json_of(call(get("/auth/me").as(on().sign_in(name).access)));
  EXPECT_EQ(me["email"], email);
  EXPECT_EQ(me["first_name"], "John");
  // The old email is free again.
  EXPECT_TRUE(is_success(ask("sync-user", printed(new_number(), name + "@example.com"))));
}

TEST_P(SyncUser, ChangesTheUserOfThatEmailWhenTheIdIsUnknown) {
  const auto name = new_name();
  on().add_user(name);
  const auto unknown = new_number();
  EXPECT_TRUE(is_success(ask("sync-user", printed(unknown, name + "@Example.com"))));
  EXPECT_TRUE(row_of(unknown, "id").empty());
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users JOIN user_profiles ON user_id = id "
                             "WHERE username = '" +
                             name + "' AND first_name = 'John'"),
            1);
}

TEST_P(SyncUser, LetsAUsernameThatIsTheEmailGoWithIt) {
  const auto number = new_number();
  const auto old_email = new_email();
  const auto email = new_email();
  auto body = printed(number, old_email);
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  body["email"] = email;
  body["last_sync"] = "2024-01-02T00:00:00Z";
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  EXPECT_EQ(row_of(number, "email, username"), (std::vector<std::string>{email, email}));
  EXPECT_TRUE(is_success(ask("sync-user", printed(new_number(), old_email))));
}

TEST_P(SyncUser, LeavesWhatIsNullOrAbsent) {
  const auto number = new_number();
  const auto email = new_email();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, email))));
  const auto before = row_of(number, every_column);
  EXPECT_TRUE(is_success(ask("sync-user", {{"id", number}, {"email", email}})));
  EXPECT_EQ(row_of(number, every_column), before);
  json nulls = printed(number, email);
  for (auto& item : nulls.items())
    if (item.key() != "id" && item.key() != "email") item.value() = nullptr;
  EXPECT_TRUE(is_success(ask("sync-user", nulls)));
  EXPECT_EQ(row_of(number, every_column), before);
  EXPECT_TRUE(is_success(ask("sync-user", {{"id", number}, {"email", email}, {"last_name", ""}})));
  EXPECT_EQ(row_of(number, "first_name, last_name"), (std::vector<std::string>{"John", ""}));
}

TEST_P(SyncUser, ChangesNothingByAnOlderSync) {
  const auto number = new_number();
  const auto email = new_email();
  auto body = printed(number, email);
  body["last_sync"] = "2024-06-01T00:00:00Z";
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  body["first_name"] = "Old";
  body["is_active"] = false;
  body["last_sync"] = "2024-05-31T23:59:59Z";
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  EXPECT_EQ(row_of(number, every_column)[2], "John");
  EXPECT_EQ(row_of(number, every_column)[5], "active");
  body["first_name"] = "New";
  body["is_active"] = true;
  body["last_sync"] = "2024-06-01T02:00:01+02:00"; // a second later, elsewhere
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  EXPECT_EQ(row_of(number, every_column)[2], "New");
}

TEST_P(SyncUser, IsNotFrozenByASyncFromTheFuture) {
  const auto number = new_number();
  const auto email = new_email();
  auto body = printed(number, email);
  body["last_sync"] = "9999-01-01T00:00:00Z";
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  body["first_name"] = "Jane";
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  body["first_name"] = "Joan";
  body["last_sync"] = to_rfc3339(std::chrono::floor<std::chrono::microseconds>(
      std::chrono::system_clock::now())); // as a service with a clock that is right
  EXPECT_TRUE(is_success(ask("sync-user", body)));
  EXPECT_EQ(row_of(number, every_column)[2], "Joan");
}

TEST_P(SyncUser, ChoosesNoNumberBeyondTheSetting) {
  for (const long number : {9007199254740991L, 4503599627370497L, 2147483648L})
    EXPECT_TRUE(is_flat(ask("sync-user", printed(number, new_email())), 400, user_failed, "id",
                        "2147483647"));
  const auto name = new_name();
  on().add_user(name);
  EXPECT_LT(facts_of(on().sign_in(name).access)["user_id"].get<long>(), 1L << 31);
}

TEST_P(SyncUser, GivesTheNumberOfADeletedUserToAnother) {
  const auto number = new_number();
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, new_email()))));
  // Every reactor has looked the number up.
  const std::vector<http_call> questions(
      16, service_call("/api/auth/revoke-user-sessions", json{{"user_id", number}}));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_TRUE(is_success(answer.reply));
  const auto path = "/admin/users/" + std::to_string(number);
  EXPECT_EQ(call(delete_(path).as(on().admin())).status, 204);
  EXPECT_TRUE(is_success(ask("sync-user", printed(number, new_email()))));
  for (const auto& answer : in_parallel(on().server->port(), questions))
    EXPECT_TRUE(is_success(answer.reply));
}

TEST_P(SyncUser, EndsTheSessionsOfAUserThatIsNotActive) {
  const auto name = new_name();
  on().add_user(name);
  const auto held = on().sign_in(name);
  const json user{{"id", facts_of(held.access)["user_id"]}, {"email", name + "@example.com"}};
  auto inactive = user;
  inactive["is_active"] = false;
  EXPECT_TRUE(is_success(ask("sync-user", inactive)));
  EXPECT_FALSE(holds(held.access));
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(call(post_json("/auth/token", credentials(name).dump())).status, 401);
  auto active = user;
  active["is_active"] = true;
  EXPECT_TRUE(is_success(ask("sync-user", active)));
  EXPECT_FALSE(holds(held.access)) << "what has ended stays so";
  EXPECT_TRUE(holds(on().sign_in(name).access));
}

TEST_P(SyncUser, SucceedsForAllWhoAddTheSameUserAtOnce) {
  for (int round = 0; round < 3; ++round) {
    const auto number = new_number();
    const auto email = new_email();
    const std::vector<http_call> calls(16,
                                       service_call("/api/auth/sync-user", printed(number, email)));
    for (const auto& answer : in_parallel(on().server->port(), calls))
      EXPECT_TRUE(is_success(answer.reply));
    EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE email = '" + email + "'"), 1);
    EXPECT_EQ(row_of(number, "first_name"), (std::vector<std::string>{"John"}));
  }
}

TEST_P(SyncUser, GivesOneEmailToOneOfManyUsersAtOnce) {
  const auto email = new_email();
  std::vector<http_call> calls;
  for (int i = 0; i < 8; ++i)
    calls.push_back(service_call("/api/auth/sync-user", printed(new_number(), email)));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(is_success(answer.reply)) << "matched by email";
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE email = '" + email + "'"), 1);
}

TEST_P(SyncUser, IsRememberedAcrossARestart) {
  product own{GetParam(), {{"SERVICE_KEYS", service_keys}, {"RATE_LIMIT_SERVICE", "0"}}};
  EXPECT_TRUE(
      is_success(own.call(service_call("/api/auth/sync-user", printed(123, "user@example.com")))));
  own.server->kill();
  own.start();
  auto older = printed(123, "user@example.com");
  older["first_name"] = "Old";
  older["last_sync"] = "2023-01-01T00:00:00Z";
  EXPECT_TRUE(is_success(own.call(service_call("/api/auth/sync-user", older))));
  EXPECT_EQ(own.store.count("SELECT count(*) FROM users JOIN user_profiles ON user_id = id WHERE "
                            "number = 123 AND first_name = 'John'"),
            1);
  EXPECT_EQ(own.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test
