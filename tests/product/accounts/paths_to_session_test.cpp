// Whoever has somebody's password, mailbox and recovery passphrase, but not the second factor, gets
// no session: by each route that is open to those who have none. A new route needs a row here.
#include "tests/product/accounts/paths_to_session.hpp"
#include "tests/product/routes.hpp"

#include <algorithm>
#include <set>

namespace latchkey::test {
namespace {

struct path_to_session {
  std::string name;
  std::string route; // as the table has it
  int status;        // MFA_REQUIRED where the second factor is asked for
  http_reply (*take)(const PathToSession& at, robbed_owner& who);
};

constexpr int asks = 0; // for the second factor, in the words of the path

const std::vector<path_to_session> rows_of_paths{
    // -- by the password ------------------------------------------------------------------------
    {"PasswordInJson", "POST /auth/token", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/auth/token", credentials(who.name).dump()));
     }},
    {"PasswordForm", "POST /auth/token", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_form("/auth/token", "grant_type=password&username=" + who.name +
                                                   "&password=correct+horse+battery"));
     }},
    {"PasswordWithTokensInTheBody", "POST /auth/token", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(
           post_json("/auth/token", credentials(who.name).dump()).with("X-Token-Delivery", "body"));
     }},
    {"PasswordWithAnEmail", "POST /auth/token", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/auth/token", credentials(at.address_of(who)).dump()));
     }},
    {"PasswordFromAKnownClient", "POST /auth/token", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(
           post_json("/auth/token", credentials(who.name).dump()).cookie(who.session.refresh));
     }},
    {"LoginModule", "POST /auth/login", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/auth/login", credentials(who.name).dump()));
     }},
    {"Platform", "POST /api/v1/auth/login", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/api/v1/auth/login", credentials(who.name).dump()));
     }},
    {"FormOfThePlatform", "POST /api/v1/auth/login", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_form("/api/v1/auth/login",
                                "username=" + who.name + "&password=correct+horse+battery"));
     }},
    {"SignInPage", "POST /sign-in", asks,
     [](const PathToSession& at, robbed_owner& who) {
       return at.send_form("/sign-in", "/sign-in",
                           {{"username", who.name}, {"password", who.word}});
     }},

    // -- by recovery ----------------------------------------------------------------------------
    {"MailOfRecovery", "POST /recovery/request-reset", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.request_reset(at.address_of(who));
     }},
    {"PassphraseOfRecovery", "POST /recovery/verify-passphrase", 200,
     [](const PathToSession& at, robbed_owner& who) {
       at.verify_address(who.name);
       const json body{{"email", at.address_of(who)}, {"passphrase", passphrase}};
       return at.call(post_json("/recovery/verify-passphrase", body.dump()));
     }},
    {"ResetByMail", "POST /recovery/reset-password", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.reset(who, at.mailed_token(who));
     }},
    {"ResetByPassphrase", "POST /recovery/reset-password", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.reset(who, at.token_by_passphrase(who));
     }},
    {"RecoveryPage", "POST /recover", 303,
     [](const PathToSession& at, robbed_owner& who) {
       return at.send_form("/recover", "/recover", {{"email", at.address_of(who)}});
     }},
    {"PassphrasePage", "POST /recover/passphrase", 200,
     [](const PathToSession& at, robbed_owner& who) {
       at.verify_address(who.name);
       return at.send_form("/recover", "/recover/passphrase",
                           {{"email", at.address_of(who)}, {"passphrase", passphrase}});
     }},
    {"ResetPage", "POST /reset-password", 303,
     [](const PathToSession& at, robbed_owner& who) {
       who.word = next_password;
       return at.send_form("/reset-password?token=" + at.mailed_token(who), "/reset-password",
                           {{"new_password", next_password}});
     }},
    {"Verification", "POST /auth/verify-email/confirm", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.confirm(at.mails()
                             .wait_for(at.address_of(who), "Verify your email address")
                             .verification_token());
     }},
    {"VerificationPage", "POST /verify-email", 303,
     [](const PathToSession& at, robbed_owner& who) {
       const auto mail = at.mails().wait_for(at.address_of(who), "Verify your email address");
       return at.send_form("/verify-email?token=" + mail.verification_token(), "/verify-email", {});
     }},

    // -- by registering again -------------------------------------------------------------------
    {"Registration", "POST /auth/register", 409,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/auth/register", registration(who.name).dump()));
     }},
    {"RegistrationOfThePlatform", "POST /api/v1/auth/register", 409,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/api/v1/auth/register", registration(who.name).dump()));
     }},
    {"RegistrationOfTheLoginModule", "POST /users/register", 409,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post_json("/users/register", registration(who.name).dump()));
     }},
    {"RegistrationPage", "POST /register", 422,
     [](const PathToSession& at, robbed_owner& who) {
       return at.send_form(
           "/register", "/register",
           {{"username", who.name}, {"email", at.address_of(who)}, {"password", who.word}});
     }},

    // -- by the token of the second step --------------------------------------------------------
    {"SecondStepByThePasswordAgain", "POST /auth/mfa/verify", 400,
     [](const PathToSession& at, robbed_owner& who) {
       const json body{
           {"mfa_token", at.mfa_token(who)}, {"method", "password"}, {"password", who.word}};
       return at.call(post_json("/auth/mfa/verify", body.dump()));
     }},
    {"SecondStepByAWrongCode", "POST /auth/mfa/verify", 401,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(finish_call(at.mfa_token(who), "totp", "000000"));
     }},
    {"SecondStepPageByAWrongCode", "POST /sign-in/second-step", 422,
     [](const PathToSession& at, robbed_owner& who) { return at.send_second_step(who, "000000"); }},
    {"RefreshByTheTokenOfTheSecondStep", "POST /auth/token/refresh", 401,
     [](const PathToSession& at, robbed_owner& who) {
       const json body{{"refresh_token", at.mfa_token(who)}};
       return at.call(post_json("/auth/token/refresh", body.dump()));
     }},
    {"RefreshOfThePlatformByTheTokenOfTheSecondStep", "POST /api/v1/auth/refresh", 401,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post("/api/v1/auth/refresh").cookie(at.mfa_token(who)));
     }},
    {"LogoutByTheTokenOfTheSecondStep", "POST /auth/logout", 401,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post("/auth/logout").as(at.mfa_token(who)));
     }},
    {"LogoutOfThePlatformByTheTokenOfTheSecondStep", "POST /api/v1/auth/logout", 401,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(post("/api/v1/auth/logout").as(at.mfa_token(who)));
     }},

    // -- by a passkey that anybody may use who has the device -------------------------------------
    {"ChallengeOfAPasskey", "POST /auth/passkeys/challenge", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.unverified_passkey(who).call(post("/auth/passkeys/challenge"));
     }},
    {"UnverifiedPasskey", "POST /auth/passkeys/sign-in", 401,
     [](const PathToSession& at, robbed_owner& who) {
       auto passkey = at.unverified_passkey(who);
       const json body{{"credential", passkey.credential()}};
       return passkey.call(post_json("/auth/passkeys/sign-in", body.dump()));
     }},
    {"UnverifiedPasskeyOnThePage", "POST /sign-in/passkey", 422,
     [](const PathToSession& at, robbed_owner& who) {
       return at.send_passkey_form(at.unverified_passkey(who));
     }},

    // -- by services ----------------------------------------------------------------------------
    {"TokenCheckOfServices", "POST /service/validate-token", 200,
     [](const PathToSession& at, robbed_owner& who) {
       const json body{{"token", at.mfa_token(who)}, {"service_id", "billing"}};
       return at.call(post_json("/service/validate-token", body.dump()));
     }},
    {"TokenCheckOfTheIntegration", "POST /api/auth/validate-token", 401,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(service_call("/api/auth/validate-token", json{{"token", at.mfa_token(who)}}));
     }},
    {"SessionOfAService", "POST /api/auth/sync-session", 400,
     [](const PathToSession& at, robbed_owner& who) {
       const json body{{"user_id", at.on().id_of(who.name)},
                       {"token", at.mfa_token(who)},
                       {"session_data",
                        {{"session_id", who.name},
                         {"device_info", {{"device", "mobile"}}},
                         {"expires_at", "2999-01-01T00:00:00Z"},
                         {"is_active", true}}}};
       return at.call(service_call("/api/auth/sync-session", body));
     }},
    {"UserOfAService", "POST /api/auth/sync-user", 200,
     [](const PathToSession& at, robbed_owner& who) {
       const json body{
           {"id", at.on().id_of(who.name)}, {"email", at.address_of(who)}, {"is_active", true}};
       return at.call(service_call("/api/auth/sync-user", body));
     }},
    {"EndOfSessionsByAService", "POST /api/auth/revoke-user-sessions", 200,
     [](const PathToSession& at, robbed_owner& who) {
       return at.call(service_call("/api/auth/revoke-user-sessions",
                                   json{{"user_id", at.on().id_of(who.name)}}));
     }},
    {"Webhook", "POST /api/v1/webhooks/stripe", 400,
     [](const PathToSession& at, robbed_owner&) {
       return at.call(post_json("/api/v1/webhooks/stripe", "{}"));
     }},
};

const path_to_session& row_of(const std::string& parameter) {
  const auto name = parameter.substr(parameter.find(' ') + 1);
  return *std::ranges::find(rows_of_paths, name, &path_to_session::name);
}

std::vector<std::string> rows_on_both_engines() {
  std::vector<std::string> all;
  for (const auto* engine : {"sqlite", "postgresql"})
    for (const auto& row : rows_of_paths)
      all.push_back(engine + (" " + row.name));
  return all;
}

std::string name_of_row(const testing::TestParamInfo<std::string>& info) {
  auto name = info.param;
  std::ranges::replace(name, ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Product, PathToSession, testing::ValuesIn(rows_on_both_engines()),
                         name_of_row);

/// The token of a second step that an answer or a page asks for; "" when it does not.
std::string token_asked_for_in(const http_reply& reply) {
  if (reply.header("Content-Type") == "application/json")
    return asks_for_second_step(reply) ? details_of(reply).value("mfa_token", "") : std::string{};
  const std::string before = "name=\"mfa_token\" value=\"";
  const auto at = reply.body.find(before);
  if (at == std::string::npos) return {};
  const auto begin = at + before.size();
  return reply.body.substr(begin, reply.body.find('"', begin) - begin);
}

TEST_P(PathToSession, EndsBeforeItWithoutTheSecondFactor) {
  const auto& path = row_of(GetParam());
  auto who = add_owner();
  const auto sessions = sessions_of(who);
  const auto reply = path.take(*this, who);
  EXPECT_TRUE(has_no_tokens(reply));
  EXPECT_EQ(sessions_of(who), sessions) << reply.body;
  const auto later = call(post_json("/auth/token", credentials(who.name, who.word).dump()));
  EXPECT_TRUE(details_of(later).contains("mfa_token")) << "the factor is still there";
  if (path.status != asks) {
    EXPECT_EQ(reply.status, path.status) << reply.body;
    return;
  }
  // With it the same path leads to one: nothing else was in the way.
  const auto token = token_asked_for_in(reply);
  ASSERT_FALSE(token.empty()) << reply.body;
  const auto opened = call(finish_call(token, "totp", who.next_code()));
  EXPECT_FALSE(has_no_tokens(opened)) << opened.body;
  EXPECT_EQ(sessions_of(who), sessions + 1);
}

class PathsToSession : public Product {};
LATCHKEY_ON_BOTH_ENGINES(PathsToSession);

bool is_open(const listed_route& route) {
  return route.client != "session" && route.client != "principal";
}

TEST_P(PathsToSession, AreTheRoutesThatAreOpenToThoseWhoHaveNone) {
  std::set<std::string> found, known;
  for (const auto& route : routes_of(on()))
    if (is_open(route) && route.method != "GET") found.insert(route.name());
  for (const auto& row : rows_of_paths)
    known.insert(row.route);
  EXPECT_EQ(found, known) << "each needs a row";
}

TEST_P(PathsToSession, AreNeverReadAlone) {
  const auto owner = add_app_owner(on());
  const auto token = mfa_token(on(), owner);
  const auto sessions = [this] { return on().store.count("SELECT count(*) FROM sessions"); };
  const auto before = sessions();
  for (const auto& route : routes_of(on()))
    if (is_open(route) && route.method == "GET") {
      const auto path = filled(route.path);
      for (const auto& asked :
           {get(path).as(token), get(path).cookie(token), get(path + "?ticket=" + token),
            get(path + "?token=" + token), get(path + "?mfa_token=" + token)})
        EXPECT_TRUE(has_no_tokens(call(asked))) << asked.target;
    }
  EXPECT_EQ(sessions(), before);
}

} // namespace
} // namespace latchkey::test
