// page_rules_test.cpp — whose forms are taken, what counts against which limit, and what settings
// say.
#include "tests/product/outbox.hpp"
#include "tests/product/pages/browser.hpp"

namespace latchkey::test {
namespace {

class PageRules : public Product {};
LATCHKEY_ON_BOTH_ENGINES(PageRules);

std::string own_origin(const product& at) {
  return "http://127.0.0.1:" + std::to_string(at.server->port());
}

TEST_P(PageRules, FormsAreTakenFromPagesOfOurOwnAlone) {
  browser person{on()};
  const auto name = new_name();
  person.register_as(name);
  person.open("/account");
  const auto own = own_origin(on());
  const std::vector<std::vector<http_header>> foreign{
      {{"Origin", "https://evil.example"}},
      {{"Origin", friend_origin}},
      {{"Origin", friend_origin}, {"Sec-Fetch-Site", "same-site"}},
      {{"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Origin", own}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Sec-Fetch-Site", "cross-site"}}};
  for (const auto& headers : foreign) {
    const auto reply = person.send_with("/account/details", {{"username", "x" + name}}, headers);
    EXPECT_EQ(reply.status, 403) << headers.front().value;
    EXPECT_TRUE(says(reply.body, "This form is out of date")) << reply.body;
  }
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"), 1);
  const auto taken = person.send_with("/account/details", {{"username", name}, {"full_name", "A"}},
                                      {{"Origin", own}, {"Sec-Fetch-Site", "same-origin"}});
  EXPECT_EQ(taken.status, 303);
}

TEST_P(PageRules, FormsCarryTheTokenOfTheirBrowser) {
  browser person{on()}, other{on()};
  const auto name = new_name();
  person.register_as(name);
  other.register_as(new_name());
  const auto others = [&other] {
    const auto at = other.page().body.find("name=\"form_token\" value=\"") + 25;
    return other.page().body.substr(at, other.page().body.find('"', at) - at);
  }();
  for (const auto& wrong : {std::string{}, std::string{"1.x"}, others}) {
    person.open("/account");
    const auto& reply = person.send(
        "/account/details", {{"username", "x" + name}, {"full_name", ""}, {"form_token", wrong}});
    EXPECT_EQ(reply.status, 403) << wrong;
    EXPECT_EQ(reply.header("Content-Type"), "text/html; charset=utf-8");
  }
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"), 1);

  browser visitor{on()}, another{on()};
  visitor.open("/sign-in");
  another.open("/sign-in");
  const auto sign_in = [&](const browser::values& more) {
    auto fields = more;
    fields.insert({{"username", name}, {"password", password}});
    return visitor.send("/sign-in", fields).status;
  };
  visitor.forget_cookies();
  EXPECT_EQ(sign_in({}), 403) << "a browser that keeps no cookies";
  EXPECT_EQ(visitor.cookie("refresh_token"), "");
  EXPECT_TRUE(visitor.shows("keeps no cookies"));
}

TEST_P(PageRules, PagesAreShownToThePersonAlone) {
  browser person{on()};
  person.register_as(new_name());
  const auto ask = [&](std::vector<http_header> headers) {
    auto asked = get("/account");
    asked.headers = std::move(headers);
    return call(std::move(asked).cookie(person.cookie("refresh_token")));
  };
  EXPECT_EQ(ask({{"Sec-Fetch-Site", "cross-site"}}).status, 200) << "by a link of another site";
  EXPECT_EQ(ask({{"Origin", friend_origin}}).status, 403) << "to a script of another site";
  for (const auto* path : {"/sign-in", "/register", "/recover", "/verify-email", "/account"}) {
    const auto reply = std::string{path} == "/account" ? ask({}) : call(get(path));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.header("Content-Security-Policy"),
              "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
              "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    EXPECT_EQ(reply.header("Cache-Control"), "no-store") << path;
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_LT(reply.body.size(), 40U * 1024) << path;
  }
}

TEST_P(PageRules, LanguagesAreChosenAndKept) {
  browser person{on()};
  person.open("/sign-in");
  EXPECT_TRUE(person.shows("<html lang=\"en\">"));
  person.open("/sign-in?language=de&done=signed_out");
  EXPECT_EQ(person.where(), "/sign-in?done=signed_out");
  EXPECT_TRUE(person.shows("<html lang=\"de\">"));
  EXPECT_TRUE(person.shows("Sie sind abgemeldet."));
  person.open("/register");
  EXPECT_TRUE(person.shows("<html lang=\"de\">"));
  const auto german = call(get("/sign-in").with("Accept-Language", "de-AT, en;q=0.5"));
  EXPECT_TRUE(says(german.body, "<html lang=\"de\">"));
}

TEST_P(PageRules, FilesStayAsTheyAre) {
  const auto page = call(get("/sign-in")).body;
  for (const auto* begin : {"href=\"/pages/style-", "src=\"/pages/page-"}) {
    const auto at = page.find('/', page.find(begin));
    const auto path = page.substr(at, page.find('"', at) - at);
    const auto file = call(get(path));
    EXPECT_EQ(file.status, 200) << path;
    EXPECT_EQ(file.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_FALSE(file.has("Set-Cookie"));
  }
  EXPECT_EQ(call(get("/pages/style.css")).status, 404);
}

TEST_P(PageRules, PagesAreNoPartOfTheApisDescription) {
  const auto described = json_of(call(get("/openapi.json")))["paths"];
  for (const auto* path : {"/sign-in", "/account", "/register", "/pages/{file}"})
    EXPECT_FALSE(described.contains(path)) << path;
  EXPECT_TRUE(described.contains("/account/profile"));
}

TEST(PageLimits, AreThoseOfTheApi) {
  const product at{"sqlite", {{"RATE_LIMIT_SIGN_IN", "4/hour"}}};
  browser person{at};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(at.call(post_json("/auth/token", credentials("nobody").dump())).status, 401);
    EXPECT_EQ(person.sign_in("nobody").status, 422);
  }
  const auto refused = person.sign_in("nobody");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(refused.has("Retry-After"));
  EXPECT_TRUE(says(refused.body, "Too many attempts")) << refused.body;
  EXPECT_EQ(at.call(post_json("/auth/token", credentials("nobody").dump())).status, 429);
}

TEST(PageLimits, WrongPasswordsCountForTheAccount) {
  const product at{"sqlite", {{"LOGIN_FAILURE_LIMIT", "3/15minutes"}}};
  const auto name = new_name();
  at.add_user(name);
  browser person{at};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(person.sign_in(name, "a wrong word").status, 422);
  EXPECT_EQ(person.sign_in(name).status, 422) << "the right one is not compared any more";
  EXPECT_EQ(at.call(post_json("/auth/token", credentials(name).dump())).status, 401);
}

TEST(PageSettings, CloseTheRegistration) {
  const product at{"sqlite", {{"REGISTRATION", "closed"}}};
  browser person{at};
  EXPECT_EQ(person.open("/register").status, 200);
  EXPECT_TRUE(person.shows("Registration is closed"));
  EXPECT_FALSE(person.shows("<form"));
  person.open("/sign-in");
  EXPECT_FALSE(person.shows("/register"));
}

TEST(PageSettings, AskForAVerifiedAddressFirst) {
  const product at{"sqlite",
                   {{"EMAIL_VERIFICATION", "required"}, {"ISSUER", "http://localhost:9999"}}};
  browser person{at};
  const auto name = new_name();
  person.open("/register");
  const auto own = std::vector<http_header>{{"Origin", "http://localhost:9999"}};
  const auto made = person.send_with(
      "/register", {{"username", name}, {"email", name + "@example.com"}, {"password", password}},
      own);
  EXPECT_EQ(made.status, 303);
  EXPECT_EQ(made.header("Location"), "/sign-in?done=verify_first");
  person.open("/sign-in");
  const auto early =
      person.send_with("/sign-in", {{"username", name}, {"password", password}}, own);
  EXPECT_EQ(early.status, 422);
  EXPECT_TRUE(says(early.body, "Your address is not verified yet.")) << early.body;
  // The mail leads to our own page, as ISSUER has it.
  const outbox mails{at.store.folder() + "/data/outbox"};
  const auto mail = mails.wait_for(name + "@example.com", "Verify your email address");
  const auto link = "http://localhost:9999/verify-email?token=" + mail.verification_token();
  EXPECT_TRUE(says(mail.text, link)) << mail.text;
  person.open("/verify-email?token=" + mail.verification_token());
  EXPECT_EQ(person.send_with("/verify-email", {}, {{"Origin", "null"}}).status, 303);
  person.open("/sign-in");
  const auto late = person.send_with("/sign-in", {{"username", name}, {"password", password}}, own);
  EXPECT_EQ(late.header("Location"), "/account") << late.body;
}

TEST(PageSettings, TurnAllPagesOff) {
  const product at{"sqlite", {{"PAGES", "off"}, {"ISSUER", "http://localhost:9999"}}};
  for (const auto* path : {"/sign-in", "/account", "/register"})
    EXPECT_TRUE(is_error(at.call(get(path)), 404, "NOT_FOUND")) << path;
  const auto root = at.call(get("/"));
  EXPECT_EQ(root.status, 302);
  EXPECT_EQ(root.header("Location"), "/docs");
  const auto name = new_name();
  at.add_user(name);
  const outbox mails{at.store.folder() + "/data/outbox"};
  const auto mail = mails.wait_for(name + "@example.com", "Verify your email address");
  EXPECT_FALSE(says(mail.text, "/verify-email")) << mail.text;
}

TEST(PageSettings, ShowTheBrand) {
  const test_store store{"sqlite"};
  const product at{"sqlite", {{"BRAND_NAME", "Ada & Söhne"}, {"BRAND_COLOR", "#FFdd00"}}};
  const auto page = at.call(get("/sign-in")).body;
  EXPECT_TRUE(says(page, "<title>Sign in – Ada &amp; Söhne</title>")) << page;
  const auto begin = page.find("/pages/style-");
  const auto style = at.call(get(page.substr(begin, page.find('"', begin) - begin))).body;
  EXPECT_TRUE(says(style, "--brand: #ffdd00; --on-brand: #000000"));
  for (const auto& [name, value] :
       environment{{"BRAND_COLOR", "red"}, {"BRAND_LOGO", "missing.svg"}, {"PAGES", "maybe"}}) {
    const auto checked =
        run_latchkey({"config", "check"}, store.settings({{name, value}}), store.folder());
    EXPECT_NE(checked.exit_code, 0) << name;
    EXPECT_TRUE(says(checked.out + checked.err, name)) << checked.err;
  }
}

} // namespace
} // namespace latchkey::test
