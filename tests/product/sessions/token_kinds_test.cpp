// Each kind of token in each place that takes one: it is good where it belongs and nowhere else.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/ws_client.hpp"

#include <functional>
#include <map>
#include <set>

namespace latchkey::test {
namespace {

struct place {
  std::string name;
  std::set<std::string> kinds; // that are good here
  std::function<http_reply(const std::string& token)> show;
};

/// A page sends on whom it does not know, and a check of tokens says what it found.
bool is_taken(const http_reply& reply) {
  return (reply.status < 300 || reply.status == 101) && !says(reply.body, R"("valid":false)");
}

class TokenKinds : public Recovery {
protected:
  /// One of each kind, all of one person, by their names.
  std::map<std::string, std::string> tokens_of_all_kinds() {
    owner_ = add_app_owner(on());
    const auto& access = owner_.session.access;
    const auto address = owner_.name + "@example.com";
    std::map<std::string, std::string> all{
        {"access", access},
        {"refresh", owner_.session.refresh},
        {"mfa", mfa_token(on(), owner_)},
        {"recovery code", owner_.codes[0]},
        {"reset", token_by_mail(owner_.name)},
        {"verification",
         mails().wait_for(address, "Verify your email address").verification_token()},
        {"passkey challenge", passkey_challenge()}};
    all["ticket"] = json_of(call(post("/api/v1/ws/ticket").as(access))).value("ticket", "");
    const json key{{"name", "ci"}, {"scopes", {"profile:read"}}};
    all["api key"] =
        json_of(call(post_json("/auth/api-keys", key.dump()).as(access))).value("key", "");
    const json service{{"service_id", "billing"}, {"scopes", json::array()}, {"expires_in", 600}};
    all["service"] = json_of(call(post_json("/service/token", service.dump()).as(on().admin())))
                         .value("access_token", "");
    for (const auto& [kind, token] : all)
      EXPECT_FALSE(token.empty()) << kind;
    return all;
  }
  /// Those that use up what they take come last.
  std::vector<place> places() const {
    const auto in_body = [this](const char* path, const char* field, const json& more = {}) {
      return [this, path, field, more](const std::string& token) {
        json body{{field, token}};
        if (more.is_object()) body.update(more);
        return call(post_json(path, body.dump()));
      };
    };
    return {
        {"Authorization",
         {"access"},
         [this](const auto& t) { return call(get("/auth/me").as(t)); }},
        {"X-API-Key",
         {"api key"},
         [this](const auto& t) { return call(get("/auth/me").with("X-API-Key", t)); }},
        {"X-Service-Key", {}, by_service("/api/auth/revoke-user-sessions", {{"user_id", 1}})},
        {"a page's cookie",
         {"refresh"},
         [this](const auto& t) { return call(get("/account").cookie(t)); }},
        {"a live socket's header",
         {"access"},
         [this](const auto& t) { return handshake(ws_handshake().as(t)); }},
        {"a live socket's subprotocol",
         {"access"},
         [this](const auto& t) {
           return handshake(
               ws_handshake().with("Sec-WebSocket-Protocol", "latchkey.v1, bearer." + t));
         }},
        {"a live socket's ticket",
         {"ticket"},
         [this](const auto& t) { return handshake(ws_handshake("/ws?ticket=" + t)); }},
        {"validate-token of services",
         {"access"},
         [this](const auto& t) {
           return call(service_call("/api/auth/validate-token", json{{"token", t}}));
         }},
        {"sync-session", {"access"}, [this](const auto& t) { return sync_session(t); }},
        {"validate-token",
         {"access", "service"},
         in_body("/service/validate-token", "token", {{"service_id", "billing"}})},
        {"a refresh's cookie",
         {"refresh"},
         [this](const auto& t) { return call(post("/auth/token/refresh").cookie(t)); }},
        {"a refresh's body", {"refresh"}, in_body("/api/v1/auth/refresh", "refresh_token")},
        {"the second step",
         {"mfa"},
         [this](const auto& t) { return call(finish_call(t, "recovery_code", owner_.codes[1])); }},
        {"a verification", {"verification"}, in_body("/auth/verify-email/confirm", "token")},
        {"a reset",
         {"reset"},
         in_body("/recovery/reset-password", "reset_token", {{"new_password", next_password}})},
    };
  }

private:
  std::string passkey_challenge() const {
    const auto host = "localhost:" + std::to_string(on().server->port()); // it needs a name
    const auto asked = call(post("/auth/passkeys/challenge").with("Host", host));
    return json_of(asked)["publicKey"].value("challenge", "");
  }
  std::function<http_reply(const std::string&)> by_service(std::string path, json body) const {
    return [this, path = std::move(path), body = std::move(body)](const std::string& key) {
      return call(service_call(path, body, key));
    };
  }
  http_reply handshake(const http_call& asked) const {
    return ws_client{on().server->port(), asked}.answer();
  }
  http_reply sync_session(const std::string& token) const {
    const json body{{"user_id", on().id_of(owner_.name)},
                    {"token", token},
                    {"session_data",
                     {{"session_id", owner_.name},
                      {"device_info", {{"device_type", "mobile"}}},
                      {"expires_at", "2999-01-01T00:00:00Z"}}}};
    return call(service_call("/api/auth/sync-session", body));
  }
  environment settings() const override { return {{"SERVICE_KEYS", service_keys}}; }

  app_owner owner_;
};
LATCHKEY_ON_BOTH_ENGINES(TokenKinds);

TEST_P(TokenKinds, AreGoodWhereTheyBelongAndNowhereElse) {
  const auto tokens = tokens_of_all_kinds();
  for (const auto& place : places()) {
    const auto check = [&](const std::string& kind) {
      const auto reply = place.show(tokens.at(kind));
      const auto trace = "a token of kind " + kind + " in " + place.name + ": " +
                         std::to_string(reply.status) + " " + reply.body;
      EXPECT_LT(reply.status, 500) << trace;
      EXPECT_EQ(is_taken(reply), place.kinds.contains(kind)) << trace;
    };
    for (const auto& [kind, token] : tokens)
      if (!place.kinds.contains(kind)) check(kind);
    for (const auto& kind : place.kinds)
      check(kind);
  }
}

} // namespace
} // namespace latchkey::test
