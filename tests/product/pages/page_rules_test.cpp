// page_rules_test.cpp — whose forms are taken, what counts against which limit, and what settings
// say.
#include "tests/product/outbox.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

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
  for (const auto& wrong : {std::string{}, std::string{"1.x"}, other.form_token()}) {
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
  EXPECT_EQ(sign_in({{"form_token", another.form_token()}}), 403) << "another visitor's";
  visitor.open("/sign-in");
  visitor.forget_cookies();
  EXPECT_EQ(sign_in({}), 403) << "a browser that keeps no cookies";
  EXPECT_EQ(visitor.cookie("refresh_token"), "");
  EXPECT_TRUE(visitor.shows("keeps no cookies"));
}

TEST_P(PageRules, NoFormThatChangesAnythingIsTakenFromAnotherSite) {
  const std::vector<http_header> own{{"Origin", own_origin(on())},
                                     {"Sec-Fetch-Site", "same-origin"}};
  const std::vector<std::vector<http_header>> foreign{
      {{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Origin", friend_origin}, {"Sec-Fetch-Site", "same-site"}},
      {{"Sec-Fetch-Site", "cross-site"}}};
  // By the right token and by what signs in or changes something; then it is only the origin.
  const auto refuses = [&](browser& person, const std::string& form,
                           const browser::values& fields = {}) {
    for (const auto& headers : foreign) {
      const auto reply = person.send_any(form, fields, headers);
      EXPECT_EQ(reply.status, 403) << form << " " << headers.front().value;
      EXPECT_FALSE(reply.has("Set-Cookie")) << form;
    }
    EXPECT_NE(person.send_any(form, fields, own).status, 403) << form;
  };
  const auto name = new_name(), address = name + "@example.com", newcomer = new_name();
  on().add_user(name);
  browser visitor{on()};
  visitor.open("/sign-in");
  refuses(visitor, "/sign-in/second-step", {{"mfa_token", "x"}, {"code", "000000"}});
  refuses(visitor, "/register",
          {{"username", newcomer}, {"email", newcomer + "@example.com"}, {"password", password}});
  refuses(visitor, "/verify-email", {{"token", "x"}});
  refuses(visitor, "/recover", {{"email", address}});
  refuses(visitor, "/recover/passphrase", {{"email", address}, {"passphrase", "four words of it"}});
  refuses(visitor, "/reset-password", {{"reset_token", "x"}, {"new_password", password}});
  refuses(visitor, "/sign-in/passkey", {{"credential", "{}"}});
  refuses(visitor, "/sign-in", {{"username", name}, {"password", password}});

  browser owner{on()};
  owner.sign_in(name);
  ASSERT_EQ(owner.where(), "/account");
  const browser::values proof{{"current_password", password}};
  const auto with = [&proof](browser::values more) {
    more.insert(proof.begin(), proof.end());
    return more;
  };
  refuses(owner, "/account/details", {{"username", name}, {"full_name", "Ada"}});
  refuses(owner, "/account/verification");
  refuses(owner, "/account/password", with({{"new_password", "another analytical engine"}}));
  refuses(owner, "/account/passphrase",
          with({{"recovery_passphrase", "four words as passphrase"}}));
  refuses(owner, "/account/passphrase/remove", proof);
  refuses(owner, "/account/sessions/end", {{"session", "0"}});
  refuses(owner, "/account/sessions/end-others");
  refuses(owner, "/account/keys", {{"name", "a key"}, {"days", "30"}});
  refuses(owner, "/account/keys/revoke", {{"key", "0"}});
  refuses(owner, "/account/passkeys", {{"credential", "{}"}});
  refuses(owner, "/account/passkeys/use", {{"factor", "0"}});
  refuses(owner, "/account/passkeys/rename", {{"factor", "0"}, {"name", "x"}});
  refuses(owner, "/account/passkeys/remove", {{"factor", "0"}});
  refuses(owner, "/account/apps");
  refuses(owner, "/account/apps/confirm", {{"code", "000000"}});
  refuses(owner, "/account/apps/remove", {{"factor", "0"}});
  refuses(owner, "/account/recovery-codes");
  refuses(owner, "/account/confirm", {{"password", "a wrong word"}});
  refuses(owner, "/account/delete", {{"current_password", "a wrong word"}});
  refuses(owner, "/sign-out");
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
  // Each of these has a form's token in it, or leads to a page that has.
  for (const auto* path : {"/", "/sign-in", "/sign-in/second-step", "/register", "/verify-email",
                           "/recover", "/recover/passphrase", "/reset-password", "/account/keys"}) {
    for (const auto* foreign : {friend_origin, "https://evil.example"}) {
      const auto reply = call(get(path).with("Origin", foreign));
      EXPECT_EQ(reply.status, 403) << path << " " << foreign;
      EXPECT_FALSE(says(reply.body, "form_token")) << path;
    }
    EXPECT_LT(call(get(path).with("Origin", own_origin(on()))).status, 400) << path;
    EXPECT_LT(call(get(path).with("Sec-Fetch-Site", "cross-site")).status, 400) << path;
  }
  for (const auto* path : {"/sign-in", "/register", "/recover", "/verify-email", "/account"}) {
    const auto reply = std::string{path} == "/account" ? ask({}) : call(get(path));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.header("Content-Security-Policy"),
              "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
              "connect-src 'self'; "
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
  // However it is written, it is asked for once.
  for (const auto* query : {"language", "language=", "%6Canguage=en", "language=en&a=b%20c&x",
                            "l%61nguage=en&language", "a&&%6canguage", "language=%ff"}) {
    const auto& page = person.open(std::string{"/sign-in?"} + query);
    EXPECT_EQ(page.status, 200) << query << " leads to " << person.where();
    EXPECT_TRUE(person.where() == std::string{"/sign-in?"} + query ||
                !says(person.where(), "guage"))
        << person.where();
  }
  person.open("/sign-in?a=b%20c&language=de&x");
  EXPECT_EQ(person.where(), "/sign-in?a=b%20c&x");
  const auto german = call(get("/sign-in").with("Accept-Language", "de-AT, en;q=0.5"));
  EXPECT_TRUE(says(german.body, "<html lang=\"de\">"));
}

TEST_P(PageRules, LanguagesAreChosenInTheSecondStepToo) {
  const auto owner = add_app_owner(on());
  browser person{on()};
  person.sign_in(owner.name);
  ASSERT_TRUE(person.shows("One more step"));
  const auto at = person.page().body.find("href=\"/sign-in", person.page().body.find("<footer"));
  const auto link = person.page().body.substr(at, person.page().body.find("</footer>", at) - at);
  EXPECT_TRUE(says(link, "href=\"/sign-in?language=de\"")) << link;
  for (const auto* path : {"/sign-in?language=de", "/sign-in/second-step?language=de"}) {
    browser reader{on()};
    reader.open(path);
    EXPECT_EQ(reader.where(), "/sign-in") << path;
    EXPECT_TRUE(reader.shows("<html lang=\"de\">")) << path;
  }
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
  const auto name = new_name();
  const auto refused = person.send_any(
      "/register", {{"username", name}, {"email", name + "@example.com"}, {"password", password}},
      {{"Origin", own_origin(at)}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(says(refused.body, "Registration is closed")) << refused.body;
  EXPECT_EQ(at.store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"), 0);
  EXPECT_TRUE(eventually([&] { return says(at.server->log(), "route=\"POST /register\""); }))
      << at.server->log();
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
  EXPECT_EQ(late.header("Location"), "/account?by_password=1") << late.body; // ISSUER has a domain
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

TEST(PageSettings, TakeTheirPathsFromTheOperatorsRoutesUnlessTheyAreOff) {
  const test_store store{"sqlite"};
  const auto check = [&store](const std::string& path, const std::string& pages) {
    const json routes{
        {"upstreams", {{{"name", "shop"}, {"url", "http://127.0.0.1:1"}}}},
        {"routes",
         {{{"methods", {"GET"}}, {"path", path}, {"upstream", "shop"}, {"signed_in", true}}}}};
    return run_latchkey({"config", "check"},
                        store.settings({{"PROXY_ROUTES", routes.dump()}, {"PAGES", pages}}),
                        store.folder());
  };
  for (const auto* path : {"/account", "/sign-in", "/pages/{file}"}) {
    const auto refused = check(path, "on");
    EXPECT_NE(refused.exit_code, 0) << path;
    EXPECT_TRUE(says(refused.err, std::string{"PROXY_ROUTES has GET "} + path)) << refused.err;
    EXPECT_TRUE(says(refused.err, "PAGES=off")) << refused.err;
    EXPECT_EQ(check(path, "off").exit_code, 0) << path;
  }
  EXPECT_EQ(check("/shop", "on").exit_code, 0);
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
