// Users who must have a second factor: what their sessions are good for until it is there, and what
// permissions ask for one.
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

constexpr const char* service_key = "a-service-key-of-tests";
constexpr const char* domain_origin = "https://auth.example.com";

/// MFA_REQUIRED as RFC 9470 has it, for that reason.
testing::AssertionResult asks_for_factor(const http_reply& reply,
                                         const std::string& reason = "must have a second factor") {
  const auto details = details_of(reply);
  const auto challenge = reply.header("WWW-Authenticate");
  const bool is_right =
      reply.status == 401 && json_of(reply)["error"].value("code", "") == "MFA_REQUIRED" &&
      keys_of(details) == keys{"reason", "acr_values"} && details["acr_values"] == "aal2" &&
      says(details.value("reason", ""), reason) &&
      says(challenge, "insufficient_user_authentication") && says(challenge, "acr_values=\"aal2\"");
  return is_right ? testing::AssertionSuccess()
                  : testing::AssertionFailure() << challenge << reply.body;
}

/// Everybody must have one here.
class RequiredFactor : public testing::TestWithParam<std::string> {
protected:
  RequiredFactor()
      : server_(GetParam(), {{"SECOND_FACTOR", "required"},
                             {"ISSUER", domain_origin},
                             {"SERVICE_KEYS", std::string{"tests:"} + service_key}}) {}

  http_reply call(const http_call& asked) const { return server_.call(asked); }
  http_reply validated(const std::string& access) const {
    return call(post_json("/api/auth/validate-token", json{{"token", access}}.dump())
                    .with("X-Service-Key", service_key));
  }

  product server_;
};
LATCHKEY_ON_BOTH_ENGINES(RequiredFactor);

TEST_P(RequiredFactor, IsAddedInASessionThatIsGoodForNothingElse) {
  const auto session = server_.sign_in_new_user();
  EXPECT_TRUE(asks_for_factor(call(get("/auth/me").as(session.access))));
  EXPECT_EQ(validated(session.access).status, 401) << "a service must not take it for signed in";
  const json asked{{"token", session.access}, {"service_id", "tests"}};
  const auto by_service = call(post_json("/service/validate-token", asked.dump()));
  EXPECT_EQ(json_of(by_service)["valid"], false) << by_service.body;
  EXPECT_TRUE(asks_for_factor(call(post_json("/api/v1/ws/ticket", "{}").as(session.access))));
  EXPECT_THROW((ws_client{server_.server->port(), session.access}), std::runtime_error);

  const auto refreshed = tokens_of(call(post("/auth/token/refresh").cookie(session.refresh)));
  EXPECT_TRUE(asks_for_factor(call(get("/auth/me").as(refreshed.access))))
      << "a refresh changes nothing of it";
  const auto listed = json_of(call(get("/auth/mfa").as(refreshed.access)));
  EXPECT_EQ(listed["required"], true);
  EXPECT_TRUE(is_time(listed["due_at"])) << listed;

  const auto enrolled =
      json_of(call(post_json("/auth/mfa/totp/enroll", "{}").as(refreshed.access)));
  const json code{{"code", code_of_app(enrolled.value("secret", ""))}};
  ASSERT_EQ(call(post_json("/auth/mfa/totp/verify", code.dump()).as(refreshed.access)).status, 200);
  EXPECT_EQ(server_.status_of_me(refreshed.access), 200);
  EXPECT_EQ(validated(refreshed.access).status, 200);
  ws_client socket{server_.server->port(), refreshed.access};
  const auto after = json_of(call(get("/auth/mfa").as(refreshed.access)));
  EXPECT_TRUE(after["due_at"].is_null());
  const auto gone =
      call(delete_("/auth/mfa/totp/" + after["totp"][0].value("id", "")).as(refreshed.access));
  EXPECT_TRUE(is_error(gone, 409, "CONFLICT", "id", "add another first"));
}

TEST_P(RequiredFactor, MayBeAPasskeyThatIsMadeInIt) {
  const auto session = server_.sign_in_new_user();
  soft_authenticator device;
  device.behaviour.origin = domain_origin;
  const auto asked = call(post("/auth/passkeys/registration").as(session.access));
  const json body{{"credential", json::parse(device.create(json_of(asked)["publicKey"].dump()))}};
  const auto made = call(post_json("/auth/passkeys", body.dump()).as(session.access));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(asks_for_factor(call(get("/auth/me").as(session.access)))) << "it was not shown yet";
  const auto challenge = call(post("/auth/mfa/step-up/challenge").as(session.access));
  const json proof{{"method", "passkey"},
                   {"credential", json::parse(device.get(json_of(challenge)["publicKey"].dump()))}};
  ASSERT_EQ(call(post_json("/auth/mfa/step-up", proof.dump()).as(session.access)).status, 200);
  EXPECT_EQ(server_.status_of_me(session.access), 200);
  const auto id = json_of(made)["passkey"].value("id", "");
  const auto only_a_way_in =
      call(put_json("/auth/passkeys/" + id, R"({"second_factor":false})").as(session.access));
  EXPECT_TRUE(is_error(only_a_way_in, 409, "CONFLICT", "id"));
}

TEST_P(RequiredFactor, OutlivesARestartOfTheServer) {
  const auto session = server_.sign_in_new_user();
  server_.start();
  EXPECT_TRUE(asks_for_factor(call(get("/auth/me").as(session.access))));
}

TEST(RequiredFactorPage, ShowsHowToAddOneAndNothingElse) {
  const product server{"sqlite", {{"SECOND_FACTOR", "required"}}};
  browser ada{server};
  ada.register_as(new_name());
  EXPECT_EQ(ada.page().status, 200) << ada.page().body;
  EXPECT_TRUE(ada.shows("This account must have a second factor. Until it has one"));
  for (const char* hidden : {"id=\"password-heading\"", "id=\"sessions-heading\"",
                             "id=\"keys-heading\"", "id=\"delete-heading\""})
    EXPECT_FALSE(ada.shows(hidden)) << hidden;
  const auto refused = ada.send_any("/account/sessions/end-others", {}, {});
  EXPECT_EQ(refused.header("Location"), "/account/confirm");
  ada.open("/account/confirm");
  EXPECT_EQ(ada.where(), "/account") << "there is nothing to show yet";

  ada.send("/account/apps");
  const auto at = ada.page().body.find("<code class=\"key\">") + 18;
  const auto secret = ada.page().body.substr(at, ada.page().body.find('<', at) - at);
  ada.send("/account/apps/confirm", {{"code", code_of_app(secret)}});
  EXPECT_TRUE(ada.shows("id=\"password-heading\"")) << ada.page().body;
  EXPECT_FALSE(ada.shows("This account must have"));
}

// -- grace --------------------------------------------------------------------------------------

TEST(FactorGrace, LetsOneSignInAndSaysUntilWhen) {
  const product server{"sqlite", {{"SECOND_FACTOR_ROLES", "user"}, {"SECOND_FACTOR_GRACE", "14d"}}};
  browser ada{server};
  ada.register_as(new_name());
  EXPECT_TRUE(ada.shows("This account must have a second factor from "));
  EXPECT_TRUE(ada.shows("id=\"password-heading\""));
  const auto session = server.sign_in_new_user();
  EXPECT_EQ(server.status_of_me(session.access), 200);
  const auto listed = json_of(server.call(get("/auth/mfa").as(session.access)));
  EXPECT_EQ(listed["required"], true);
  EXPECT_TRUE(is_time(listed["due_at"]));
  EXPECT_EQ(server.status_of_me(server.admin()), 200) << "another role";
}

// -- permissions --------------------------------------------------------------------------------

class FactorPermissions : public testing::Test {
protected:
  product server_{"sqlite", {{"SECOND_FACTOR_PERMISSIONS", "projects:read,workflows:run"}}};
};

TEST_F(FactorPermissions, AreHadOnceOneWasShown) {
  auto owner = add_app_owner(server_, true);
  const auto status = [this](const std::string& access) {
    return server_.call(get("/api/v1/projects").as(access)).status;
  };
  EXPECT_TRUE(asks_for_factor(server_.call(get("/api/v1/projects").as(owner.earlier.access)),
                              "projects:read needs a second factor"));
  EXPECT_EQ(status(owner.session.access), 200);
  const json proof{{"method", "totp"}, {"code", owner.next_code()}};
  ASSERT_EQ(
      server_.call(post_json("/auth/mfa/step-up", proof.dump()).as(owner.earlier.access)).status,
      200);
  EXPECT_EQ(status(owner.earlier.access), 200);
}

TEST_F(FactorPermissions, AreGivenToNobodyByWhomTheyAreWithheldFrom) {
  const auto name = new_name();
  server_.add_user(name);
  const auto path = "/admin/users/" + server_.id_of(name) + "/role";
  EXPECT_TRUE(
      asks_for_factor(server_.call(put_json(path, R"({"role":"superuser"})").as(server_.admin())),
                      "grants what needs a second factor"));
}

TEST_F(FactorPermissions, AreAskedForByMessagesOfALiveSocket) {
  auto owner = add_app_owner(server_, true);
  ws_client socket{server_.server->port(), owner.earlier.access};
  const json order{{"type", "start_workflow"}, {"id", "w1"}, {"data", {{"workflow_type", "x"}}}};
  socket.say(order);
  const auto refused = socket.hear();
  EXPECT_EQ(refused["type"], "error") << refused;
  EXPECT_EQ(refused["error"]["code"], "MFA_REQUIRED") << refused;
  EXPECT_EQ(refused["error"]["details"]["acr_values"], "aal2") << refused;
  const json proof{{"method", "totp"}, {"code", owner.next_code()}};
  socket.say({{"type", "authenticate"}, {"id", "a"}, {"data", proof}});
  EXPECT_EQ(socket.hear()["type"], "ack");
  socket.say(order);
  const auto after = socket.hear();
  EXPECT_EQ(after["error"]["code"], "GW001") << after << " for there is no core manager";
}

TEST_F(FactorPermissions, AreNoneOfAnApiKeysThatAPasswordAloneHasMade) {
  const auto session = server_.sign_in_new_user();
  const json wanted{{"name", "ci"}, {"scopes", {"workflows:run"}}};
  EXPECT_TRUE(
      asks_for_factor(server_.call(post_json("/auth/api-keys", wanted.dump()).as(session.access)),
                      "workflows:run needs a second factor"));
}

} // namespace
} // namespace latchkey::test
