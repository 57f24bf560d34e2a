// account_pages_test.cpp — an account from its registration to its end, by forms alone.
#include "tests/product/outbox.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

namespace latchkey::test {
namespace {

constexpr const char* another_password = "another analytical engine";

class AccountPages : public Product {
protected:
  outbox mails() const { return outbox{on().store.folder() + "/data/outbox"}; }
};
LATCHKEY_ON_BOTH_ENGINES(AccountPages);

TEST_P(AccountPages, RegisterSignOutAndIn) {
  browser person{on()};
  const auto name = new_name();
  person.open("/");
  EXPECT_EQ(person.where(), "/sign-in");
  person.register_as(name);
  EXPECT_EQ(person.where(), "/account?done=registered");
  EXPECT_TRUE(person.shows("Signed in as " + name)) << person.page().body;
  EXPECT_TRUE(person.shows("Firefox on Linux"));
  EXPECT_TRUE(person.shows("this device"));
  EXPECT_TRUE(person.shows("1 sign-in in the last 30 days, just now."));
  person.open("/");
  EXPECT_EQ(person.where(), "/account");

  const auto refresh = person.cookie("refresh_token");
  person.send("/sign-out");
  EXPECT_EQ(person.where(), "/sign-in?done=signed_out");
  EXPECT_EQ(person.cookie("refresh_token"), "");
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(refresh)).status, 401);
  person.set_cookie("refresh_token", refresh);
  person.open("/account");
  EXPECT_EQ(person.where(), "/sign-in?done=session_over");

  person.sign_in(name + "@example.com");
  EXPECT_EQ(person.where(), "/account");
  // The cookie is that of the API: it is exchanged there, and the page goes on with the new one.
  const auto next =
      tokens_of(call(post("/auth/token/refresh").cookie(person.cookie("refresh_token"))));
  EXPECT_EQ(on().status_of_me(next.access), 200);
  person.set_cookie("refresh_token", next.refresh);
  EXPECT_EQ(person.open("/account").status, 200);
}

TEST_P(AccountPages, CountEachSignInHoweverManyThereWere) {
  browser person{on()};
  const auto name = new_name();
  person.register_as(name);
  on().store.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
                   "INSERT INTO audit_log (id, at, action, user_id, address, request_id, reason) "
                   "SELECT 'one-of-many-' || i, at, action, user_id, '', '', '' FROM n, audit_log "
                   "WHERE action = 'user.signed_in' AND user_id = '" +
                   on().id_of(name) + "' RETURNING id");
  person.open("/account");
  EXPECT_TRUE(person.shows("1501 sign-ins in the last 30 days")) << person.page().body;
}

TEST_P(AccountPages, AskForTheSecondFactorAndTakeItsCodeOnce) {
  auto owner = add_app_owner(on());
  browser ada{on()};
  ada.open("/sign-in");
  ada.send("/sign-in", {{"username", owner.name}, {"password", password}});
  ASSERT_EQ(ada.page().status, 200) << ada.page().body;
  ASSERT_TRUE(ada.shows("One more step"));
  ada.send("/sign-in/second-step", {{"code", "000000"}});
  EXPECT_EQ(ada.page().status, 422);
  EXPECT_TRUE(ada.shows("This code is wrong"));
  const auto code = owner.next_code();
  ada.send("/sign-in/second-step", {{"code", code}});
  EXPECT_EQ(ada.where(), "/account");

  browser eve{on()};
  eve.open("/sign-in");
  eve.send("/sign-in", {{"username", owner.name}, {"password", password}});
  eve.send("/sign-in/second-step", {{"code", code}});
  EXPECT_EQ(eve.page().status, 422);
  EXPECT_NE(eve.where(), "/account");
}

TEST_P(AccountPages, TakeARecoveryCodeForTheSecondFactor) {
  const auto owner = add_app_owner(on());
  browser ada{on()};
  ada.open("/sign-in");
  ada.send("/sign-in", {{"username", owner.name}, {"password", password}});
  ada.send("/sign-in/second-step", {{"code", owner.codes[0]}});
  EXPECT_EQ(ada.where(), "/account");
}

TEST_P(AccountPages, BeginTheSignInAnewWhenItsTokenIsNone) {
  const auto owner = add_app_owner(on());
  browser ada{on()};
  ada.open("/sign-in");
  ada.send("/sign-in", {{"username", owner.name}, {"password", password}});
  ada.send("/sign-in/second-step", {{"code", "000000"}, {"mfa_token", "nonsense"}});
  EXPECT_EQ(ada.page().status, 422);
  EXPECT_TRUE(ada.shows("Please sign in again"));
  ada.sign_in(owner.name);
  EXPECT_TRUE(ada.shows("One more step"));
}

TEST_P(AccountPages, TakeNoTokenWhoseSuccessorWasSeen) {
  const auto first = on().sign_in_new_user();
  const auto second = tokens_of(call(post("/auth/token/refresh").cookie(first.refresh)));
  ASSERT_FALSE(second.refresh.empty());
  browser person{on()};
  person.set_cookie("refresh_token", first.refresh);
  EXPECT_EQ(person.open("/account").status, 200) << "its answer may have been lost";
  const auto third = tokens_of(call(post("/auth/token/refresh").cookie(second.refresh)));
  EXPECT_EQ(on().status_of_me(third.access), 200);
  person.open("/account");
  EXPECT_EQ(person.where(), "/sign-in?done=session_over") << "it is two refreshes old";
  EXPECT_EQ(on().status_of_me(third.access), 200) << "and the owner stays signed in";
}

TEST_P(AccountPages, KeepWhatWasTypedButNoPassword) {
  browser person{on()};
  const auto name = new_name();
  person.open("/register");
  const auto& reply = person.send("/register", {{"username", name},
                                                {"email", "not an address \"<b>\""},
                                                {"password", "a word that is typed"}});
  EXPECT_EQ(reply.status, 422);
  EXPECT_TRUE(person.shows("<title>Error: ")) << reply.body;
  EXPECT_TRUE(person.shows("value=\"not an address &quot;&lt;b&gt;&quot;\"")) << reply.body;
  EXPECT_TRUE(person.shows("value=\"" + name + "\""));
  EXPECT_TRUE(person.shows("aria-describedby=\"register-email-error\"")) << reply.body;
  EXPECT_FALSE(person.shows("a word that is typed"));

  person.sign_in(name, "a wrong word");
  EXPECT_EQ(person.page().status, 422);
  EXPECT_TRUE(person.shows("The username or the password is wrong."));
  EXPECT_TRUE(person.shows("value=\"" + name + "\""));
  EXPECT_FALSE(person.shows("a wrong word"));
  EXPECT_EQ(person.cookie("refresh_token"), "");
}

TEST_P(AccountPages, ChangeThePasswordAndEndOtherSessions) {
  const auto name = new_name();
  browser person{on()}, other{on(), "curl/7.88.1"};
  person.register_as(name);
  other.sign_in(name);
  person.open("/account");
  EXPECT_TRUE(person.shows("<strong>curl</strong>")) << person.page().body;
  person.send("/account/password",
              {{"current_password", "a wrong word"}, {"new_password", another_password}});
  EXPECT_EQ(person.page().status, 422);
  EXPECT_TRUE(person.shows("This is not your current password."));
  EXPECT_EQ(other.open("/account").status, 200);
  EXPECT_EQ(other.where(), "/account");
  person.send("/account/password",
              {{"current_password", password}, {"new_password", another_password}});
  EXPECT_EQ(person.where(), "/account?done=password");
  other.open("/account");
  EXPECT_EQ(other.where(), "/sign-in?done=session_over");

  other.sign_in(name, another_password);
  EXPECT_EQ(other.where(), "/account");
  person.open("/account");
  person.send("/account/sessions/end-others");
  EXPECT_EQ(person.where(), "/account?done=others_ended");
  other.open("/account");
  EXPECT_EQ(other.where(), "/sign-in?done=session_over");
}

TEST_P(AccountPages, EndOneSessionOfOnesOwn) {
  constexpr std::size_t uuid_chars = 36;
  browser person{on()}, other{on()}, stranger{on()}, again{on()};
  const auto name = new_name(), strangers_name = new_name();
  person.register_as(name);
  other.sign_in(name);
  stranger.register_as(strangers_name);
  again.sign_in(strangers_name);
  stranger.open("/account");
  const auto others_session = other.cookie("refresh_token").substr(0, uuid_chars);
  stranger.send("/account/sessions/end", {{"session", others_session}});
  other.open("/account");
  EXPECT_EQ(other.where(), "/account") << "a stranger has ended it";
  person.open("/account");
  EXPECT_TRUE(person.shows(others_session));
  person.send("/account/sessions/end");
  EXPECT_EQ(person.where(), "/account?done=session_ended");
  EXPECT_FALSE(person.shows(others_session));
  other.open("/account");
  EXPECT_EQ(other.where(), "/sign-in?done=session_over");
}

TEST_P(AccountPages, MakeAKeyThatIsShownOnceAndRevokeIt) {
  browser person{on()};
  person.register_as(new_name());
  person.send("/account/keys",
              {{"name", "backup <i>"}, {"days", "30"}, {"scope.profile:read", "on"}});
  ASSERT_EQ(person.page().status, 200) << person.page().body;
  const auto at = person.page().body.find("id=\"new-key\">") + 13;
  const auto key = person.page().body.substr(at, person.page().body.find('<', at) - at);
  EXPECT_EQ(call(get("/auth/me").with("X-API-Key", key)).status, 200) << key;
  EXPECT_EQ(call(get("/api/v1/projects").with("X-API-Key", key)).status, 403);
  EXPECT_TRUE(person.shows("<strong>backup &lt;i&gt;</strong>"));
  person.open("/account");
  EXPECT_FALSE(person.shows(key));
  person.send("/account/keys", {{"name", ""}, {"days", "30"}});
  EXPECT_EQ(person.page().status, 422);
  person.send("/account/keys", {{"name", "x"}, {"days", "30"}, {"scope.users:read", "on"}});
  EXPECT_EQ(person.page().status, 422) << "a scope that was not offered";
  person.open("/account");
  person.send("/account/keys/revoke");
  EXPECT_EQ(person.where(), "/account?done=key_revoked");
  EXPECT_EQ(call(get("/auth/me").with("X-API-Key", key)).status, 401);
}

TEST_P(AccountPages, RecoverByMailAndByPassphrase) {
  const auto name = new_name();
  browser person{on()};
  person.register_as(name);
  const auto address = name + "@example.com";
  const auto token = mails().wait_for(address, "Verify your email address").verification_token();
  person.open("/verify-email?token=" + token);
  EXPECT_EQ(person.page().header("Referrer-Policy"), "no-referrer");
  person.open("/verify-email?token=" + token);
  person.send("/verify-email");
  EXPECT_EQ(person.where(), "/account?done=verified") << person.page().body;
  person.send("/account/passphrase", {{"current_password", password},
                                      {"recovery_passphrase", "four words as passphrase"}});
  EXPECT_EQ(person.where(), "/account?done=passphrase") << person.page().body;

  browser lost{on()};
  lost.open("/recover");
  lost.send("/recover", {{"email", "nobody-of-ours@example.com"}});
  const auto of_nobody = lost.page().body.size();
  EXPECT_EQ(lost.where(), "/recover?done=mailed");
  lost.send("/recover", {{"email", address}});
  EXPECT_EQ(lost.where(), "/recover?done=mailed");
  EXPECT_EQ(lost.page().body.size(), of_nobody) << "the page tells whose address it is";
  const auto reset = mails().wait_for(address, "Reset your password").reset_token();
  lost.open("/reset-password?token=" + reset);
  lost.send("/reset-password", {{"new_password", "short"}});
  EXPECT_EQ(lost.page().status, 422);
  EXPECT_TRUE(lost.shows("Use at least 8 characters.")) << lost.page().body;
  lost.send("/reset-password", {{"new_password", another_password}});
  EXPECT_EQ(lost.where(), "/sign-in?done=reset");
  person.open("/account");
  EXPECT_EQ(person.where(), "/sign-in?done=session_over");
  lost.open("/reset-password?token=" + reset);
  lost.send("/reset-password", {{"new_password", another_password}});
  EXPECT_TRUE(lost.shows("was used already")) << lost.page().body;

  lost.open("/recover");
  lost.send("/recover/passphrase", {{"email", address}, {"passphrase", "not these words at all"}});
  EXPECT_EQ(lost.page().status, 422);
  EXPECT_TRUE(lost.shows("The address or the passphrase is wrong"));
  lost.send("/recover/passphrase",
            {{"email", address}, {"passphrase", "Four words  as passphrase"}});
  // The token is in the form, and in no address that the page has or leads to.
  EXPECT_EQ(lost.where(), "/recover/passphrase");
  EXPECT_EQ(lost.page().status, 200);
  EXPECT_FALSE(lost.page().has("Location"));
  EXPECT_TRUE(lost.shows("name=\"reset_token\" value=\"rt_"));
  EXPECT_FALSE(lost.shows("token=rt_")) << lost.page().body;
  lost.send("/reset-password", {{"new_password", "short"}});
  EXPECT_EQ(lost.page().status, 422);
  EXPECT_FALSE(lost.shows("token=rt_")) << lost.page().body;
  lost.send("/reset-password", {{"new_password", password}});
  EXPECT_EQ(lost.where(), "/sign-in?done=reset");
  lost.sign_in(name);
  EXPECT_EQ(lost.where(), "/account");
}

TEST_P(AccountPages, DeleteTheAccountForWhoKnowsThePassword) {
  const auto name = new_name();
  browser person{on()};
  person.register_as(name);
  person.send("/account/delete", {{"current_password", "a wrong word"}});
  EXPECT_EQ(person.page().status, 422);
  EXPECT_TRUE(person.shows("This is not your current password."));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE action = "
                             "'user.deletion_refused' AND user_id = '" +
                             on().id_of(name) + "'"),
            1);
  person.send("/account/delete", {{"current_password", password}});
  EXPECT_EQ(person.where(), "/sign-in?done=deleted");
  EXPECT_EQ(person.cookie("refresh_token"), "");
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"), 0);

  browser admin{on()};
  admin.sign_in("admin", admin_password);
  admin.send("/account/delete", {{"current_password", admin_password}});
  EXPECT_EQ(admin.page().status, 422);
  EXPECT_TRUE(admin.shows("You are the last active administrator")) << admin.page().body;
}

TEST_P(AccountPages, DeleteNoAccountWithASecondFactorInASessionThatDidNotShowIt) {
  const auto owner = add_app_owner(on(), true);
  browser person{on()};
  person.set_cookie("refresh_token", owner.earlier.refresh);
  person.open("/account");
  person.send("/account/delete", {{"current_password", password}});
  EXPECT_EQ(on().status_of_me(owner.session.access), 200);
  browser other{on()};
  other.set_cookie("refresh_token", owner.session.refresh);
  other.open("/account");
  other.send("/account/delete", {{"current_password", password}});
  EXPECT_EQ(other.where(), "/sign-in?done=deleted");
}

TEST_P(AccountPages, ShowHostileNamesAsText) {
  const std::string hostile = "<script>alert(1)</script>\"'&{{t.copy}}";
  const auto name = new_name();
  const json body{{"email", name + "@example.com"},
                  {"username", name},
                  {"password", password},
                  {"full_name", hostile}};
  ASSERT_EQ(call(post_json("/users/register", body.dump())).status, 201);
  browser person{on(), "<script>alert(2)</script>"};
  person.sign_in(name);
  person.send("/account/keys", {{"name", hostile}, {"days", "0"}});
  EXPECT_EQ(person.page().status, 200);
  person.open("/account?done=<script>alert(3)</script>");
  EXPECT_FALSE(person.shows("<script>alert")) << person.page().body;
  EXPECT_TRUE(says(plain(person.page().body), hostile));
  person.open("/sign-in?done=%3Cscript%3E&language=%3Cscript%3E");
  EXPECT_FALSE(person.shows("<script>alert"));
  person.open("/reset-password?token=%22%3E%3Cscript%3Ealert(4)%3C/script%3E");
  EXPECT_FALSE(person.shows("<script>alert"));
}

} // namespace
} // namespace latchkey::test
