// Second factors as clients meet them: an app is added, every path to a session asks for it, and
// what works once works once, however many try at once.
#include "tests/product/accounts/recovery.hpp"

#include "protocol/text/text_codec.hpp"
#include "tests/product/second_factors.hpp"

#include <set>

namespace latchkey::test {
namespace {

class Factors : public Recovery {
protected:
  app_owner add_owner(bool with_earlier_session = false) const {
    return add_app_owner(on(), with_earlier_session);
  }
  std::string mfa_token(const app_owner& owner, const std::string& path = "/auth/token") const {
    return test::mfa_token(on(), owner, path);
  }
  http_reply finish(const std::string& token, const std::string& method,
                    const std::string& code) const {
    return call(finish_call(token, method, code));
  }
  http_reply step_up(const std::string& access, const json& proof) const {
    return call(post_json("/auth/mfa/step-up", proof.dump()).as(access));
  }
  http_reply list(const std::string& access) const { return call(get("/auth/mfa").as(access)); }
  /// How many opened a session; each of the others was told that its code is wrong, or one too
  /// many.
  std::size_t count_ok(const std::vector<http_call>& calls, const char* code = "AUTH001",
                       const char* field = "code") const {
    std::size_t count = 0;
    for (const auto& each : in_parallel(on().server->port(), calls)) {
      if (each.reply.status == 200)
        ++count;
      else if (each.reply.status == 429)
        EXPECT_TRUE(is_error(each.reply, 429, "RATE_LIMITED", "code"));
      else
        EXPECT_TRUE(is_error(each.reply, 401, code, field));
    }
    return count;
  }
  static json claims_of(const std::string& access) {
    const auto first = access.find('.') + 1;
    return json::parse(*base64url_decode(access.substr(first, access.rfind('.') - first)));
  }
};
LATCHKEY_ON_BOTH_ENGINES(Factors);

// -- every path to a session --------------------------------------------------------------------

TEST_P(Factors, AreAskedForOnEveryPathThatGivesTokensForAPassword) {
  auto owner = add_owner();
  // The route table: each operation whose answer carries tokens.
  std::set<std::string> found;
  const auto document = json_of(call(get("/openapi.json")));
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      if (!operation.is_object() || !operation.contains("responses")) continue; // parameters
      const auto answer = operation["responses"].value("200", json::object()).dump();
      for (const char* schema : {"/Tokens\"", "/LoginAnswer\"", "/SignedIn\""})
        if (says(answer, schema)) found.insert(path);
    }
  const std::set<std::string> by_password{"/auth/token", "/auth/login", "/api/v1/auth/login"};
  const std::set<std::string> by_what_was_given{"/auth/token/refresh", "/api/v1/auth/refresh",
                                                "/auth/mfa/verify", "/auth/passkeys/sign-in"};
  std::set<std::string> known = by_password;
  known.insert(by_what_was_given.begin(), by_what_was_given.end());
  EXPECT_EQ(found, known) << "a new path to a session needs a line here";
  for (const auto& path : by_password)
    EXPECT_FALSE(mfa_token(owner, path).empty()) << path;
}

TEST_P(Factors, OfAnAddressThatNobodyHadProvenGoWithWhateverElseWasSetUp) {
  auto owner = add_owner();
  ASSERT_EQ(reset(token_by_mail(owner.name)).status, 200);
  EXPECT_EQ(status_of_sign_in(owner.name, next_password), 200);
}

// -- the answer ---------------------------------------------------------------------------------

TEST_P(Factors, AreAnsweredInTheWordsOfThePathThatAsked) {
  auto owner = add_owner();
  const auto by_login = finish(mfa_token(owner, "/auth/login"), "totp", owner.next_code());
  ASSERT_EQ(by_login.status, 200) << by_login.body;
  EXPECT_EQ(keys_of(json_of(by_login)), (keys{"access_token", "token_type", "expires_in"}));
  const auto by_token = finish(mfa_token(owner), "recovery_code", owner.codes[0]);
  ASSERT_EQ(by_token.status, 200) << by_token.body;
  EXPECT_EQ(keys_of(json_of(by_token)),
            (keys{"access_token", "token_type", "refresh_token", "expires_in"}));
  EXPECT_FALSE(tokens_of(by_token).refresh.empty()) << "the cookie";
}

TEST_P(Factors, AreToldInTheToken) {
  auto owner = add_owner();
  EXPECT_EQ(claims_of(owner.session.access)["acr"], "aal1");
  EXPECT_EQ(claims_of(owner.session.access)["amr"], json({"pwd"}));
  const auto both =
      claims_of(tokens_of(finish(mfa_token(owner), "totp", owner.next_code())).access);
  EXPECT_EQ(both["acr"], "aal2");
  EXPECT_EQ(both["amr"], json({"pwd", "otp", "mfa"}));
  EXPECT_GE(both["auth_time"].get<long>(),
            claims_of(owner.session.access)["auth_time"].get<long>());
}

TEST_P(Factors, AreShownWithoutTheirSecrets) {
  const auto owner = add_owner();
  const auto shown = list(owner.session.access);
  ASSERT_EQ(shown.status, 200);
  const auto body = json_of(shown);
  EXPECT_EQ(body["enabled"], true);
  ASSERT_EQ(body["totp"].size(), 1u);
  EXPECT_EQ(body["totp"][0]["name"], "Phone");
  EXPECT_EQ(body["recovery_codes"], (json{{"made", 10}, {"left", 10}}));
  EXPECT_EQ(body["session"]["acr"], "aal2");
  EXPECT_FALSE(says(shown.body, owner.secret));
}

// -- once -----------------------------------------------------------------------------------------

TEST_P(Factors, TwentyUsesOfOneStepOpenOneSession) {
  auto owner = add_owner();
  const auto code = owner.next_code();
  std::vector<http_call> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(finish_call(mfa_token(owner), "totp", code));
  EXPECT_EQ(count_ok(calls), 1u);
}

TEST_P(Factors, TwentyUsesOfOneRecoveryCodeOpenOneSession) {
  auto owner = add_owner();
  std::vector<http_call> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(finish_call(mfa_token(owner), "recovery_code", owner.codes[0]));
  EXPECT_EQ(count_ok(calls), 1u);
  EXPECT_EQ(json_of(list(owner.session.access))["recovery_codes"]["left"], 9);
}

TEST_P(Factors, TwentyUsesOfOneChallengeOpenOneSession) {
  auto owner = add_owner();
  auto both = owner.codes;
  const auto made = call(post_json("/auth/mfa/recovery-codes", "{}").as(owner.session.access));
  ASSERT_EQ(made.status, 201) << made.body;
  owner.codes = json_of(made)["recovery_codes"].get<std::vector<std::string>>();
  const auto token = mfa_token(owner);
  std::vector<http_call> calls; // ten with a right code of its own, ten with one that is over
  for (int i = 0; i < 10; ++i) {
    calls.push_back(finish_call(token, "recovery_code", owner.codes[i]));
    calls.push_back(finish_call(token, "recovery_code", both[i]));
  }
  std::size_t opened = 0;
  for (const auto& each : in_parallel(on().server->port(), calls)) {
    const auto& reply = each.reply;
    if (reply.status == 200)
      ++opened;
    else
      EXPECT_TRUE(is_error(reply, 401, "AUTH003", "mfa_token") ||
                  is_error(reply, 401, "AUTH001", "code") ||
                  is_error(reply, 429, "RATE_LIMITED", "code"));
  }
  EXPECT_EQ(opened, 1u);
  EXPECT_EQ(json_of(list(owner.session.access))["recovery_codes"]["left"], 9)
      << "whoever lost has used nothing up";
  EXPECT_FALSE(finish(token, "recovery_code", owner.codes[0]).status == 200);
}

// -- wrong ----------------------------------------------------------------------------------------

TEST_P(Factors, ANewSetOfRecoveryCodesEndsTheOldOne) {
  const auto owner = add_owner();
  const auto made = call(post_json("/auth/mfa/recovery-codes", "{}").as(owner.session.access));
  ASSERT_EQ(made.status, 201) << made.body;
  ASSERT_EQ(json_of(made)["recovery_codes"].size(), 10u);
  EXPECT_TRUE(
      is_error(finish(mfa_token(owner), "recovery_code", owner.codes[0]), 401, "AUTH001", "code"));
  EXPECT_EQ(finish(mfa_token(owner), "recovery_code", json_of(made)["recovery_codes"][0]).status,
            200);
}

TEST_P(Factors, AWrongRequestNamesItsField) {
  auto owner = add_owner();
  const auto token = mfa_token(owner);
  EXPECT_TRUE(is_error(finish("nonsense", "totp", "123456"), 401, "AUTH003", "mfa_token"));
  EXPECT_TRUE(is_error(finish(token, "telepathy", "123456"), 400, "VALIDATION_ERROR", "method"));
  EXPECT_TRUE(is_error(finish(token, "totp", ""), 400, "VALIDATION_ERROR", "code"));
  EXPECT_TRUE(is_error(finish(token, "totp", "000000"), 401, "AUTH001", "code"));
  EXPECT_TRUE(is_error(call(post_json("/auth/mfa/verify", "{}")), 400, "VALIDATION_ERROR"));
  EXPECT_EQ(finish(token, "totp", owner.next_code()).status, 200) << "none of that used it up";
}

TEST_P(Factors, AreLimitedOverAllSignInsTogether) {
  const auto owner = add_owner();
  int wrong = 0;
  for (int i = 0; i < 30; ++i)
    wrong += finish(mfa_token(owner), "totp", "000000").status == 401 ? 1 : 0;
  EXPECT_EQ(wrong, 10) << "LOGIN_FAILURE_LIMIT";
  const auto refused = finish(mfa_token(owner), "recovery_code", owner.codes[0]);
  EXPECT_TRUE(is_error(refused, 429, "RATE_LIMITED", "code"));
}

TEST_P(Factors, LockedByWrongCodesAreOpenAgainToWhoeverResetsThePasswordByMail) {
  auto owner = add_owner();
  verify_address(owner.name);
  const auto lost = mfa_token(owner);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(is_error(finish(lost, "totp", "000000"), 401, "AUTH001", "code"));
  EXPECT_TRUE(is_error(finish(lost, "recovery_code", owner.codes[0]), 429, "RATE_LIMITED", "code"));
  ASSERT_EQ(reset(token_by_mail(owner.name)).status, 200);
  const auto asked = call(post_json("/auth/token", credentials(owner.name, next_password).dump()));
  ASSERT_TRUE(asks_for_second_step(asked));
  const auto token = details_of(asked).value("mfa_token", "");
  EXPECT_EQ(finish(token, "totp", owner.next_code()).status, 200);
}

// -- the account's own level ----------------------------------------------------------------------

TEST_P(Factors, AreChangedInASessionOfBothFactorsAlone) {
  auto owner = add_owner(true);
  const auto id = json_of(list(owner.session.access))["totp"][0].value("id", "");
  const auto refused = call(delete_("/auth/mfa/totp/" + id).as(owner.earlier.access));
  ASSERT_EQ(refused.status, 401) << refused.body;
  EXPECT_EQ(keys_of(details_of(refused)), (keys{"reason", "acr_values", "max_age", "methods"}));
  EXPECT_EQ(refused.header("WWW-Authenticate"),
            R"(Bearer realm="latchkey", error="insufficient_user_authentication", )"
            R"(acr_values="aal2", max_age="600")");
  EXPECT_EQ(details_of(refused)["methods"], json({"totp", "recovery_code"}));
  const auto stepped =
      step_up(owner.earlier.access, {{"method", "totp"}, {"code", owner.next_code()}});
  ASSERT_EQ(stepped.status, 200) << stepped.body;
  EXPECT_EQ(json_of(stepped)["acr"], "aal2");
  EXPECT_EQ(call(delete_("/auth/mfa/totp/" + id).as(owner.earlier.access)).status, 204);
  EXPECT_EQ(status_of_sign_in(owner.name, password), 200);
}

TEST_P(Factors, AreResetByAnAdministrator) {
  const auto owner = add_owner();
  const auto path = "/admin/users/" + on().id_of(owner.name) + "/mfa";
  EXPECT_EQ(call(delete_(path).as(owner.session.access)).status, 403);
  ASSERT_EQ(call(delete_(path).as(on().admin())).status, 204);
  EXPECT_EQ(on().status_of_me(owner.session.access), 401);
  EXPECT_EQ(status_of_sign_in(owner.name, password), 200);
}

TEST_P(Factors, OfAnAdministratorAreNotResetByThemselves) {
  const auto me = on().id_of("admin");
  const auto refused = call(delete_("/admin/users/" + me + "/mfa").as(on().admin()));
  EXPECT_TRUE(is_error(refused, 409, "CONFLICT", "user_id"));
}

} // namespace
} // namespace latchkey::test
