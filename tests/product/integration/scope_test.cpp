// What a service may do is what its scopes say.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

const std::vector<std::pair<std::string, std::string>> scoped_endpoints{
    {"/api/auth/validate-token", "tokens:validate"},
    {"/api/auth/sync-session", "sessions:sync"},
    {"/api/auth/sync-user", "users:sync"},
    {"/api/auth/revoke-user-sessions", "sessions:revoke"},
};

class ServiceScopes : public Integration {
protected:
  /// A key of a service with those scopes, known to the server.
  std::string key_with(const std::vector<std::string>& scopes,
                       const std::string& id = new_name()) const {
    std::vector<std::string> words{"service-key", "create", id};
    for (const auto& scope : scopes)
      words.insert(words.end(), {"--scope", scope});
    const auto made = run_latchkey(words, on().settings, on().store.folder());
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const auto key = made.out.substr(0, made.out.find('\n'));
    EXPECT_TRUE(eventually([&] {
      const auto reply = call(service_call("/api/auth/validate-token", json::object(), key));
      return !says(reply.body, "Invalid service key");
    }));
    return key;
  }
  json printed(long number, const std::string& email) const {
    return {{"id", number}, {"email", email}, {"first_name", "John"}};
  }
  std::string new_email() const { return new_name() + "@example.com"; }
  long number_of(const std::string& name) const {
    return std::stol(
        on().store.query("SELECT number FROM users WHERE username = '" + name + "'")[0][0]);
  }
  http_reply sync(const json& user, const std::string& key) const {
    return call(service_call("/api/auth/sync-user", user, key));
  }
  bool is_refused(const http_reply& reply) const {
    return is_flat(reply, 400, "Failed to sync user data", "email") ? true : false;
  }
};
LATCHKEY_ON_BOTH_ENGINES(ServiceScopes);

TEST_P(ServiceScopes, OpenTheirEndpointAndNoOther) {
  for (const auto& [path, scope] : scoped_endpoints) {
    const auto key = key_with({scope});
    for (const auto& [other, needed] : scoped_endpoints) {
      const auto reply = call(service_call(other, json::object(), key));
      if (other == path)
        EXPECT_EQ(reply.status, 400) << other << reply.body;
      else
        EXPECT_TRUE(is_flat(reply, 403, "Insufficient scope", "scope", needed)) << reply.body;
    }
  }
  const auto key = key_with({"read:inventory"});
  for (const auto& [path, scope] : scoped_endpoints)
    EXPECT_TRUE(is_flat(call(service_call(path, json::object(), key)), 403, "Insufficient scope",
                        "scope", scope));
}

TEST_P(ServiceScopes, AreAllFiveForAServiceThatWasGivenNone) {
  for (const auto& key : {key_with({}), std::string{service_key}})
    for (const auto& [path, scope] : scoped_endpoints)
      EXPECT_EQ(call(service_call(path, json::object(), key)).status, 400) << path;
  const auto listed = run_latchkey({"service-key", "list"}, on().settings, on().store.folder());
  EXPECT_TRUE(says(listed.out, "sessions:revoke sessions:sync tokens:validate users:sync"))
      << listed.out;
}

TEST_P(ServiceScopes, ForReportsOfWorkflowsOpenThatAlone) {
  const auto path = "/internal/workflows/0190c0de-0000-7000-8000-0000000000aa/status";
  const json status{{"status", "completed"}, {"step", "a"}, {"sequence", 1}};
  const auto report = [&](const std::string& key) {
    return on().call_internal(service_call(path, status, key));
  };
  EXPECT_TRUE(
      is_error(report(key_with({"users:sync"})), 403, "AUTH004", "scope", "workflows:report"));
  EXPECT_EQ(report(key_with({"workflows:report"})).status, 404);
  EXPECT_EQ(report(service_key).status, 404);
}

TEST_P(ServiceScopes, GiveNobodyTheEmailOfSomebodyWhoHasSignedIn) {
  const auto name = new_name();
  on().add_user(name);
  on().sign_in(name);
  const auto number = number_of(name);
  EXPECT_TRUE(is_refused(sync(printed(number, new_email()), service_key)));
  EXPECT_TRUE(is_refused(sync(printed(number, new_email()), key_with({}))));
  EXPECT_TRUE(is_success(sync(printed(number, name + "@example.com"), service_key)));
  EXPECT_EQ(row_of(number, "email, first_name"),
            (std::vector<std::string>{name + "@example.com", "John"}));
  EXPECT_TRUE(
      is_success(sync(printed(number, new_email()), key_with({"users:sync", "users:write"}))));
}

TEST_P(ServiceScopes, LeaveAdministratorsAlone) {
  const auto admin = on().store.query("SELECT number, email FROM users WHERE username = 'admin'");
  const auto number = std::stol(admin[0][0]);
  for (const auto& scopes :
       std::vector<std::vector<std::string>>{{}, {"users:sync", "users:write"}, {"*"}}) {
    const auto key = key_with(scopes);
    EXPECT_TRUE(is_refused(sync(printed(number, new_email()), key)));
    auto off = printed(number, admin[0][1]);
    off["is_active"] = false;
    EXPECT_EQ(sync(off, key).status, 400);
  }
  EXPECT_EQ(row_of(number, "email"), std::vector<std::string>{admin[0][1]});
}

TEST_P(ServiceScopes, KeepOneNumberingOffTheUsersOfAnother) {
  const auto number = new_number();
  const auto email = new_email();
  ASSERT_TRUE(is_success(sync(printed(number, email), service_key)));
  // Another service means somebody else by that number.
  EXPECT_TRUE(is_refused(sync(printed(number, new_email()), other_service_key)));
  EXPECT_EQ(row_of(number, "email"), std::vector<std::string>{email});
  const auto next = new_email();
  EXPECT_TRUE(is_success(sync(printed(number, next), service_key)));
  EXPECT_EQ(row_of(number, "email"), std::vector<std::string>{next});
}

TEST_P(ServiceScopes, AreKnownWithWhoeverTheyBroughtInAfterARestart) {
  product own{GetParam(), {{"SERVICE_KEYS", service_keys}}};
  const auto say = [&own](const json& user, const std::string& key) {
    return own.call(service_call("/api/auth/sync-user", user, key));
  };
  ASSERT_TRUE(is_success(say(printed(500, "a@example.com"), service_key)));
  const auto name = new_name();
  own.add_user(name);
  own.sign_in(name);
  own.server->kill();
  own.store.query("UPDATE users SET last_login_at = NULL"); // which may be lost
  own.start();
  EXPECT_TRUE(is_refused(say(printed(500, "b@example.com"), other_service_key)));
  EXPECT_TRUE(is_success(say(printed(500, "b@example.com"), service_key)));
  const auto number =
      std::stol(own.store.query("SELECT number FROM users WHERE username = '" + name + "'")[0][0]);
  EXPECT_TRUE(is_refused(say(printed(number, "c@example.com"), service_key)));
}

} // namespace
} // namespace latchkey::test
