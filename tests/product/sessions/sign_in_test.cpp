// sign_in_test.cpp — POST /auth/token, POST /auth/logout and GET /auth/me, and the cookie
// between them.
#include "tests/product/product.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

class SignIn : public Product {
protected:
  http_reply ask(const json& body) const { return call(post_json("/auth/token", body.dump())); }
  std::string add_user() const {
    const auto name = new_name();
    on().add_user(name);
    return name;
  }
};
LATCHKEY_ON_BOTH_ENGINES(SignIn);

/// The attributes of a Set-Cookie line, without the name, the value and Max-Age's figure.
std::string attributes_of(const std::string& line) {
  auto rest = line.substr(line.find(';'));
  const auto age = rest.find("Max-Age=");
  if (age != std::string::npos) rest.erase(age + 8, rest.find(';', age) - age - 8);
  return rest;
}

// "Auth Service API Documentation", POST /auth/token (Login)
TEST_P(SignIn, AnswersTheDocumentedPairAndKeepsTheRefreshTokenInACookie) {
  const auto name = add_user();
  const auto reply = ask(credentials(name));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("Cache-Control"), "no-store"); // RFC 6749, section 5.1
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"access_token", "token_type", "refresh_token", "expires_in"}));
  EXPECT_TRUE(body["access_token"].is_string());
  EXPECT_EQ(body["token_type"], "bearer");
  EXPECT_EQ(body["refresh_token"], nullptr);
  EXPECT_EQ(body["expires_in"], 3600);

  const auto cookie = reply.header("Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("refresh_token=")) << cookie;
  // Secure is left off on loopback without TLS alone.
  EXPECT_EQ(attributes_of(cookie), "; Max-Age=; HttpOnly; SameSite=Lax; Path=/");
}

TEST_P(SignIn, TakesTheOAuthPasswordFormToo) {
  const auto name = add_user();
  const auto reply =
      call(post_form("/auth/token", "grant_type=password&scope=&username=" + name +
                                        "&password=correct+horse%20battery&client_id="));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(keys_of(json_of(reply)),
            (keys{"access_token", "token_type", "refresh_token", "expires_in"}));
  EXPECT_EQ(on().status_of_me(tokens_of(reply).access), 200);
}

TEST_P(SignIn, PutsTheRefreshTokenIntoTheBodyOnRequestAndThenSetsNoCookie) {
  const auto name = add_user();
  const auto body = credentials(name).dump();
  const auto reply = call(post_json("/auth/token", body).with("X-Token-Delivery", "body"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.has("Set-Cookie"));
  const auto given = json_of(reply);
  ASSERT_TRUE(given["refresh_token"].is_string()) << reply.body;
  const json asked{{"refresh_token", given["refresh_token"]}};
  const auto next =
      call(post_json("/auth/token/refresh", asked.dump()).with("X-Token-Delivery", "body"));
  EXPECT_EQ(next.status, 200);
  EXPECT_FALSE(next.has("Set-Cookie"));
  EXPECT_EQ(counter_of(json_of(next)["refresh_token"].get<std::string>()), 2);
}

TEST_P(SignIn, NeverPutsATokenThatCameInACookieIntoABody) {
  const auto held = on().sign_in_new_user();
  const auto reply =
      call(post("/auth/token/refresh").cookie(held.refresh).with("X-Token-Delivery", "body"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(json_of(reply)["refresh_token"].is_null()) << reply.body;
  EXPECT_TRUE(reply.has("Set-Cookie"));
}

TEST_P(SignIn, IsRefusedToAnotherSitesPage) {
  const auto name = add_user();
  const auto form = "username=" + name + "&password=correct+horse+battery";
  EXPECT_EQ(call(post_form("/auth/token", form)).status, 200);
  for (const auto& foreign :
       {post_form("/auth/token", form).with("Origin", "https://evil.example"),
        post_form("/auth/token", form).with("Sec-Fetch-Site", "cross-site")}) {
    const auto reply = call(foreign);
    EXPECT_TRUE(is_error(reply, 403, "CSRF_FAILED"));
    EXPECT_FALSE(reply.has("Set-Cookie"));
  }
}

TEST_P(SignIn, TakesNoOtherGrantThanThePassword) {
  const auto name = add_user();
  const auto form = "username=" + name + "&password=correct+horse+battery&grant_type=";
  EXPECT_EQ(call(post_form("/auth/token", form + "password")).status, 200);
  EXPECT_TRUE(is_error(call(post_form("/auth/token", form + "authorization_code")), 400,
                       "VALIDATION_ERROR", "grant_type"));
}

TEST_P(SignIn, KnowsAUserByUsernameAndEmailInAnyCaseAndWidth) {
  const auto name = add_user();
  auto upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const auto& login : {name, upper, " " + name + "\u00A0", name + "@example.com",
                            upper + "@EXAMPLE.COM", "\uFF35" + name.substr(1)}) {
    const auto reply = ask(credentials(login));
    EXPECT_EQ(reply.status, 200) << login << " " << reply.body;
  }
}

TEST_P(SignIn, GivesEverySignInASessionOfItsOwn) {
  const auto name = add_user();
  const auto first = on().sign_in(name);
  const auto second = on().sign_in(name);
  EXPECT_NE(first.access, second.access);
  EXPECT_NE(first.refresh.substr(0, 36), second.refresh.substr(0, 36));
  EXPECT_EQ(call(post("/auth/logout").as(first.access)).status, 200);
  EXPECT_EQ(on().status_of_me(second.access), 200);
}

TEST_P(SignIn, OpensANewSessionWhateverCookieComesWithIt) {
  const auto name = add_user();
  const auto old = on().sign_in(name);
  const auto somebody_elses = on().sign_in_new_user();
  const auto session_of = [](const tokens& held) { return held.refresh.substr(0, 36); };
  for (const auto& sent : {old, somebody_elses}) {
    const auto body = credentials(name).dump();
    const auto fresh = tokens_of(call(post_json("/auth/token", body).cookie(sent.refresh)));
    EXPECT_EQ(counter_of(fresh.refresh), 1);
    EXPECT_NE(session_of(fresh), session_of(sent));
    EXPECT_NE(session_of(fresh), session_of(old));
    // The other one is as it was, and answers for nobody else.
    EXPECT_EQ(on().status_of_me(sent.access), 200);
    EXPECT_EQ(json_of(call(get("/auth/me").as(fresh.access)))["username"], name);
  }
}

// -- refusals -------------------------------------------------------------------------------------

TEST_P(SignIn, RefusesABodyThatIsNotOneNamingTheField) {
  struct refused {
    http_call asked;
    std::string field;
  };
  const auto form = [](const char* body) { return post_form("/auth/token", body); };
  const auto with = [](const std::string& body) { return post_json("/auth/token", body); };
  const std::vector<refused> cases = {
      {with("{}"), "username"},
      {with(R"({"username":"a"})"), "password"},
      {with(R"({"username":null,"password":"x"})"), "username"},
      {with(R"({"username":"a","password":5})"), "password"},
      {with(R"({"username":["a"],"password":"x"})"), "username"},
      {with(R"({"username":"a","password":"x","otp":"1"})"), "otp"},
      {with(R"({"username":"a","username":"b","password":"x"})"), "username"},
      {with(R"({"username":"","password":"x"})"), "username"},
      {with(json{{"username", "a"}, {"password", std::string(4097, 'x')}}.dump()), "password"},
      {with(json{{"username", std::string(1025, 'x')}, {"password", "x"}}.dump()), "username"},
      {with("{\"username\":\"\xFF\",\"password\":\"x\"}"), "body"},
      {with(R"({"username":"\udc00","password":"x"})"), "body"},
      {form("username=a"), "password"},
      {form("username=a&username=b&password=x"), "username"},
      {form("username=%zz&password=x"), "username"},
      {form("username=%FF&password=x"), "username"},
      {form("username=a&password=x&is_admin=1"), "is_admin"},
      {form(""), "username"},
  };
  for (const auto& example : cases)
    EXPECT_TRUE(is_error(call(example.asked), 400, "VALIDATION_ERROR", example.field))
        << example.asked.body;
}

// -- GET /auth/me, POST /auth/logout
// ----------------------------------------------------------------

class Me : public SignIn {};
LATCHKEY_ON_BOTH_ENGINES(Me);

// "Auth Service API Documentation", GET /auth/me
TEST_P(Me, AnswersTheUserAsDocumented) {
  const auto name = new_name();
  auto body = registration(name);
  body["first_name"] = "Test";
  const auto registered = call(post_json("/auth/register", body.dump()));
  const auto held = on().sign_in(name);
  const auto reply = call(get("/auth/me").as(held.access));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("Cache-Control"), "no-store");
  EXPECT_EQ(json_of(reply), json_of(registered)) << reply.body;
}

TEST_P(Me, ShowsTheAdministratorAsSuperuser) {
  const auto held = on().sign_in("admin", admin_password);
  const auto user = json_of(call(get("/auth/me").as(held.access)));
  EXPECT_EQ(user["username"], "admin");
  EXPECT_EQ(user["is_superuser"], true);
}

TEST_P(Me, NeedsAnAccessToken) {
  const auto held = on().sign_in_new_user();
  auto altered = held.access;
  altered.back() = altered.back() == 'A' ? 'Q' : 'A';
  EXPECT_TRUE(is_error(call(get("/auth/me")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(get("/auth/me").cookie(held.refresh)), 401, "AUTH003"));
  // RFC 6750, section 3.1: an error is named only when there was a token.
  EXPECT_EQ(call(get("/auth/me")).header("WWW-Authenticate"), R"(Bearer realm="latchkey")");
  EXPECT_EQ(call(get("/auth/me").as("x")).header("WWW-Authenticate"),
            R"(Bearer realm="latchkey", error="invalid_token")");
  for (const auto& value :
       {"Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a.b.c", "Bearer ......"})
    EXPECT_TRUE(is_error(call(get("/auth/me").with("Authorization", value)), 401, "AUTH003"))
        << value;
  for (const auto& token : {altered, held.refresh, held.access + "=", std::string(4000, '.')})
    EXPECT_TRUE(is_error(call(get("/auth/me").as(token)), 401, "AUTH003")) << token;
  EXPECT_EQ(on().status_of_me(held.access), 200);
}

// "Auth Service API Documentation", POST /auth/logout
TEST_P(Me, IsGoneWithTheSessionOnLogout) {
  const auto held = on().sign_in_new_user();
  const auto reply = call(post("/auth/logout").as(held.access).cookie(held.refresh));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_of(reply), (json{{"message", "Logout successful"}}));
  const auto cookie = reply.header("Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("refresh_token=;")) << cookie;
  EXPECT_NE(cookie.find("Max-Age=0;"), std::string::npos) << cookie;
  EXPECT_EQ(attributes_of(cookie), "; Max-Age=; HttpOnly; SameSite=Lax; Path=/");
  EXPECT_TRUE(is_error(call(get("/auth/me").as(held.access)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(post("/auth/token/refresh").cookie(held.refresh)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(post("/auth/logout").as(held.access)), 401, "AUTH003"));
}

TEST_P(Me, NeedsATokenToLogOut) {
  const auto held = on().sign_in_new_user();
  auto forged = held.refresh;
  forged[forged.size() - 2] = forged[forged.size() - 2] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(is_error(call(post("/auth/logout")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(post("/auth/logout").cookie("nonsense")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(post("/auth/logout").cookie(forged)), 401, "AUTH003"));
  const auto foreign =
      post("/auth/logout").cookie(held.refresh).with("Origin", "https://evil.example");
  EXPECT_TRUE(is_error(call(foreign), 403, "CSRF_FAILED"));
  EXPECT_EQ(on().status_of_me(held.access), 200);
}

TEST_P(Me, LogsOutByTheCookieWhenTheAccessTokenIsNoGoodAnyMore) {
  const auto held = on().sign_in_new_user();
  const auto reply = call(post("/auth/logout").as("expired.or.lost").cookie(held.refresh));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_TRUE(reply.header("Set-Cookie").starts_with("refresh_token=; Max-Age=0;"));
  EXPECT_EQ(on().status_of_me(held.access), 401);
  // A cookie that is good for nothing any more is taken back.
  const auto dead = call(post("/auth/token/refresh").cookie(held.refresh));
  EXPECT_TRUE(is_error(dead, 401, "AUTH003"));
  EXPECT_TRUE(dead.header("Set-Cookie").starts_with("refresh_token=; Max-Age=0;"));
}

TEST_P(Me, DeletesNoCookieThatMayBeANewerSignInsOrANeighbours) {
  const std::string name = "twice";
  ASSERT_EQ(call(post_json("/auth/register", registration(name).dump())).status, 201);
  const auto old = on().sign_in(name);
  EXPECT_EQ(call(post("/auth/logout").as(old.access)).status, 200);
  const auto newer = on().sign_in(name);
  // Late, for the browser holds another one meanwhile.
  const auto late = call(post("/auth/token/refresh").cookie(old.refresh));
  EXPECT_TRUE(is_error(late, 401, "AUTH003"));
  EXPECT_FALSE(late.has("Set-Cookie"));
  // Of somebody else who uses latchkey on another port.
  const std::string neighbour = "01890a5d-ac96-774b-bcce-b302099a8057.3." + std::string(43, 'A');
  for (const auto* path : {"/auth/token/refresh", "/auth/logout"})
    EXPECT_FALSE(call(post(path).cookie(neighbour)).has("Set-Cookie")) << path;
  const auto out = call(post("/auth/logout").as(newer.access).cookie(neighbour));
  EXPECT_EQ(out.status, 200);
  EXPECT_FALSE(out.has("Set-Cookie"));
}

} // namespace
} // namespace latchkey::test
