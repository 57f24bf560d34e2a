// Passkeys as browsers and authenticators use them, over the API.
#include "protocol/text/text_codec.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"

#include <map>

namespace latchkey::test {
namespace {

/// Somebody with a browser that has an authenticator.
struct passkey_owner {
  std::string name;
  tokens session;
  soft_authenticator device;
};

class Passkeys : public testing::TestWithParam<std::string> {
protected:
  static constexpr const char* origin = "https://auth.example.com";

  void SetUp() override {
    static std::map<std::string, std::unique_ptr<product>> servers;
    auto& server = servers[GetParam()];
    if (!server)
      server = std::make_unique<product>(
          GetParam(), environment{{"ISSUER", origin},
                                  {"PASSKEY_DOMAIN", "example.com"},
                                  {"PASSKEY_ORIGINS", "https://app.example.net"}});
    on_ = server.get();
  }
  product& on() const { return *on_; }
  http_reply call(const http_call& asked) const { return on_->call(asked); }

  passkey_owner add_owner() const {
    passkey_owner owner;
    owner.name = new_name();
    owner.device.behaviour.origin = origin;
    on().add_user(owner.name);
    owner.session = on().sign_in(owner.name);
    return owner;
  }
  static std::string options_in(const http_reply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json_of(reply)["publicKey"].dump();
  }
  json created(passkey_owner& owner) const {
    const auto asked = call(post("/auth/passkeys/registration").as(owner.session.access));
    return json::parse(owner.device.create(options_in(asked)));
  }
  http_reply add(const passkey_owner& owner, const json& body) const {
    return call(post_json("/auth/passkeys", body.dump()).as(owner.session.access));
  }
  json add_passkey(passkey_owner& owner, bool is_second_factor = false) const {
    const auto added = add(
        owner,
        {{"credential", created(owner)}, {"name", "Laptop"}, {"second_factor", is_second_factor}});
    EXPECT_EQ(added.status, 201) << added.body;
    return json_of(added);
  }
  json shown(passkey_owner& owner, const json& asked_with = json::object()) const {
    const auto asked = call(post_json("/auth/passkeys/challenge", asked_with.dump()));
    return json::parse(owner.device.get(options_in(asked)));
  }
  static http_call sign_in_call(const json& credential) {
    return post_json("/auth/passkeys/sign-in", json{{"credential", credential}}.dump());
  }
  http_reply sign_in(const json& credential) const { return call(sign_in_call(credential)); }

private:
  product* on_ = nullptr;
};
LATCHKEY_ON_BOTH_ENGINES(Passkeys);

TEST_P(Passkeys, SignInWithoutANameAndAreTwoFactors) {
  auto owner = add_owner();
  const auto added = add_passkey(owner);
  EXPECT_EQ(keys_of(added), (keys{"passkey", "recovery_codes"}));
  EXPECT_EQ(added["recovery_codes"].size(), 0u);
  const auto answer = sign_in(shown(owner));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto access = tokens_of(answer).access;
  EXPECT_FALSE(tokens_of(answer).refresh.empty()) << "the cookie";
  const auto listed = json_of(call(get("/auth/mfa").as(access)));
  EXPECT_EQ(listed["session"]["acr"], "aal2");
  EXPECT_EQ(listed["session"]["amr"], json({"pop", "user", "mfa"}));
  EXPECT_EQ(listed["enabled"], false);
  ASSERT_EQ(listed["passkeys"].size(), 1u);
  EXPECT_EQ(listed["passkeys"][0]["name"], "Laptop");
  EXPECT_EQ(listed["webauthn"]["rp_id"], "example.com");
}

TEST_P(Passkeys, AreMadeForTheDomainOfTheSettingsAndForPagesOfItsList) {
  auto owner = add_owner();
  owner.device.behaviour.origin = "https://app.example.net";
  add_passkey(owner);
  EXPECT_EQ(owner.device.credentials.at(0).rp_id, "example.com");
  EXPECT_EQ(sign_in(shown(owner)).status, 200);
  owner.device.behaviour.origin = "https://evil.example";
  const auto refused = sign_in(shown(owner));
  EXPECT_TRUE(is_error(refused, 401, "AUTH001", "credential"));
  EXPECT_TRUE(says(refused.body, "wrong_origin")) << refused.body;
  EXPECT_EQ(json_of(call(get("/.well-known/webauthn")))["origins"],
            json({origin, "https://app.example.net"}));
  EXPECT_EQ(json_of(call(get("/.well-known/passkey-endpoints")))["enroll"],
            std::string{origin} + "/account#passkeys");
}

TEST_P(Passkeys, AreAskedForOnceTheyAreASecondFactor) {
  auto owner = add_owner();
  ASSERT_EQ(add_passkey(owner, true)["recovery_codes"].size(), 10u);
  for (const char* path : {"/auth/token", "/auth/login", "/api/v1/auth/login"}) {
    const auto asked = call(post_json(path, credentials(owner.name).dump()));
    ASSERT_EQ(asked.status, 401) << path;
    EXPECT_EQ(details_of(asked)["methods"], json({"passkey", "recovery_code"}));
    const auto token = details_of(asked).value("mfa_token", "");
    const json proof{{"mfa_token", token},
                     {"method", "passkey"},
                     {"credential", shown(owner, {{"mfa_token", token}})}};
    EXPECT_EQ(call(post_json("/auth/mfa/verify", proof.dump())).status, 200) << path;
  }
}

TEST_P(Passkeys, OfWhichAChallengeIsAnsweredOnce) {
  auto owner = add_owner();
  owner.device.behaviour.counter_step = 0;
  add_passkey(owner);
  const std::vector<http_call> calls(20, sign_in_call(shown(owner)));
  std::size_t opened = 0;
  for (const auto& each : in_parallel(on().server->port(), calls))
    if (each.reply.status == 200)
      ++opened;
    else
      EXPECT_TRUE(is_error(each.reply, 401, "AUTH003", "credential") || each.reply.status == 429 ||
                  each.reply.status == 503)
          << each.reply.body;
  EXPECT_EQ(opened, 1u);
}

TEST_P(Passkeys, RaiseASessionThatLives) {
  auto owner = add_owner();
  add_passkey(owner);
  const auto asked = call(post("/auth/mfa/step-up/challenge").as(owner.session.access));
  const json proof{{"method", "passkey"},
                   {"credential", json::parse(owner.device.get(options_in(asked)))}};
  const auto stepped = call(post_json("/auth/mfa/step-up", proof.dump()).as(owner.session.access));
  ASSERT_EQ(stepped.status, 200) << stepped.body;
  EXPECT_EQ(json_of(stepped)["acr"], "aal2");
  EXPECT_EQ(json_of(stepped)["amr"], json({"pwd", "pop", "user", "mfa"}));
}

TEST_P(Passkeys, AreRenamedAndRemovedAndUnknownThen) {
  auto owner = add_owner();
  const auto id = add_passkey(owner)["passkey"].value("id", "");
  const auto path = "/auth/passkeys/" + id;
  const auto changed = call(put_json(path, R"({"name":"Work laptop"})").as(owner.session.access));
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(json_of(changed)["passkey"]["name"], "Work laptop");
  EXPECT_EQ(call(delete_(path).as(owner.session.access)).status, 204);
  EXPECT_TRUE(is_error(call(delete_(path).as(owner.session.access)), 404, "NOT_FOUND"));
  const auto refused = sign_in(shown(owner));
  ASSERT_EQ(refused.status, 401) << refused.body;
  EXPECT_EQ(details_of(refused)["field"], "credential");
  EXPECT_EQ(details_of(refused)["unknown_credential"], true);
}

TEST_P(Passkeys, OfSomebodyElseAreNobodysToTouch) {
  auto owner = add_owner();
  const auto id = add_passkey(owner)["passkey"].value("id", "");
  const auto eve = on().sign_in_new_user();
  EXPECT_TRUE(is_error(call(delete_("/auth/passkeys/" + id).as(eve.access)), 404, "NOT_FOUND"));
  EXPECT_TRUE(is_error(call(put_json("/auth/passkeys/" + id, R"({"name":"mine"})").as(eve.access)),
                       404, "NOT_FOUND"));
}

TEST_P(Passkeys, AWrongAnswerNamesItsField) {
  auto owner = add_owner();
  add_passkey(owner);
  const auto right = shown(owner);
  const auto refused = [&](const char* where, const json& value) {
    auto wrong = right;
    wrong[json::json_pointer{where}] = value;
    const auto answer = sign_in(wrong);
    EXPECT_EQ(answer.status, 400) << answer.body;
    return details_of(answer).value("field", "");
  };
  EXPECT_EQ(refused("/response/clientDataJSON", "!"), "credential.response.clientDataJSON");
  EXPECT_EQ(refused("/response/signature", 7), "credential.response.signature");
  EXPECT_EQ(refused("/rawId", "AAAA"), "credential.id");
  EXPECT_EQ(refused("/response/userHandle", nullptr), "credential.response.userHandle");
  EXPECT_TRUE(is_error(call(post_json("/auth/passkeys/sign-in", "{}")), 400, "VALIDATION_ERROR",
                       "credential"));
  auto strange = right;
  strange["response"]["clientDataJSON"] = base64url_encode(
      R"({"type":"webauthn.get","challenge":"AAAA","origin":"https://example.com"})");
  EXPECT_TRUE(is_error(sign_in(strange), 401, "AUTH003", "credential"));
  EXPECT_EQ(sign_in(right).status, 200) << "none of that used it up";
}

TEST_P(Passkeys, NeedADomain) {
  const product by_address{GetParam(), {{"ISSUER", "https://192.0.2.1"}}};
  EXPECT_TRUE(
      is_error(by_address.call(post("/auth/passkeys/challenge")), 404, "NOT_FOUND", "passkey"));
  EXPECT_EQ(by_address.call(get("/.well-known/webauthn")).status, 404);
  const product local{GetParam()};
  EXPECT_TRUE(is_error(local.call(post("/auth/passkeys/challenge")), 404, "NOT_FOUND", "passkey"));
  auto as_localhost = post("/auth/passkeys/challenge");
  const auto port = std::to_string(local.server->port());
  const auto asked = local.call(std::move(as_localhost).with("Host", "localhost:" + port));
  ASSERT_EQ(asked.status, 200) << asked.body;
  EXPECT_EQ(json_of(asked)["publicKey"]["rpId"], "localhost");
}

} // namespace
} // namespace latchkey::test
