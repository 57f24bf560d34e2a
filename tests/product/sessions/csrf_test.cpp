// csrf_test.cpp — every route that takes or gives the refresh cookie, asked by pages from
// everywhere.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

using Csrf = Product;
LATCHKEY_ON_BOTH_ENGINES(Csrf);

/// Where a page may stand that makes a browser send something.
struct page {
  std::string origin; // empty: none is said
  std::string site;   // the same, of Sec-Fetch-Site
  bool may_use_the_cookie = false;
  bool may_do_without = false;
};
std::vector<page> pages(const std::string& own) {
  return {{"", "", true, true},
          {own, "same-origin", true, true},
          {friend_origin, "", true, true},
          {friend_origin, "same-site", true, true},
          {friend_origin, "cross-site", false, true},
          {"https://evil.example", "", false, false},
          {"https://evil.example", "cross-site", false, false},
          {"null", "", false, false},
          {"null", "cross-site", false, false},
          {"", "cross-site", false, false}};
}
http_call from(const page& origin_page, http_call asked) {
  if (!origin_page.origin.empty()) asked.headers.push_back({"Origin", origin_page.origin});
  if (!origin_page.site.empty()) asked.headers.push_back({"Sec-Fetch-Site", origin_page.site});
  return asked;
}

TEST_P(Csrf, SignsInForPagesOfOurOwnAndOfAllowedOrigins) {
  const auto name = new_name();
  on().add_user(name);
  const auto own = "http://127.0.0.1:" + std::to_string(on().server->port());
  const auto sessions = [&] {
    return on().store.count("SELECT count(*) FROM sessions WHERE user_id = '" + on().id_of(name) +
                            "'");
  };
  for (const auto* path : {"/auth/token", "/auth/login", "/api/v1/auth/login"})
    for (const auto& origin_page : pages(own)) {
      const auto before = sessions();
      const auto reply = call(from(origin_page, post_json(path, credentials(name).dump())));
      const auto trace = path + (" " + origin_page.origin + " " + origin_page.site);
      if (origin_page.may_do_without)
        EXPECT_EQ(reply.status, 200) << trace;
      else
        EXPECT_TRUE(is_error(reply, 403, "CSRF_FAILED")) << trace;
      EXPECT_EQ(reply.has("Set-Cookie"), origin_page.may_do_without) << trace;
      EXPECT_EQ(sessions(), before + (origin_page.may_do_without ? 1 : 0)) << trace;
    }
}

TEST_P(Csrf, TakesTheCookieFromPagesOfOurOwnSiteAlone) {
  const auto own = "http://127.0.0.1:" + std::to_string(on().server->port());
  const auto name = new_name();
  on().add_user(name);
  for (const auto* path :
       {"/auth/token/refresh", "/api/v1/auth/refresh", "/auth/logout", "/api/v1/auth/logout"}) {
    const bool refreshes = std::string{path}.ends_with("refresh");
    for (const auto& origin_page : pages(own)) {
      const auto held = on().sign_in(name);
      const auto trace = path + (" " + origin_page.origin + " " + origin_page.site);
      const auto reply = call(from(origin_page, post(path).cookie(held.refresh)));
      if (origin_page.may_use_the_cookie) {
        EXPECT_EQ(reply.status, 200) << trace << reply.body;
        EXPECT_EQ(on().status_of_me(held.access), refreshes ? 200 : 401) << trace;
        continue;
      }
      EXPECT_TRUE(is_error(reply, 403, "CSRF_FAILED")) << trace;
      EXPECT_FALSE(reply.has("Set-Cookie")) << trace;
      EXPECT_EQ(on().status_of_me(held.access), 200) << trace;
      // Nor does an access token that is no good let it through.
      EXPECT_TRUE(is_error(call(from(origin_page, post(path).as("junk").cookie(held.refresh))), 403,
                           "CSRF_FAILED"))
          << trace;
      const auto session = held.refresh.substr(0, held.refresh.find('.'));
      EXPECT_EQ(on().store.count("SELECT count(*) FROM sessions WHERE id = '" + session +
                                 "' AND counter = 1 AND ended_at IS NULL"),
                1)
          << trace;
    }
  }
}

TEST_P(Csrf, TakesWhatAPageShowsItselfFromAllowedOriginsEverywhere) {
  const auto own = "http://127.0.0.1:" + std::to_string(on().server->port());
  const auto name = new_name();
  on().add_user(name);
  for (const auto* path : {"/auth/logout", "/api/v1/auth/logout"})
    for (const auto& origin_page : pages(own)) {
      const auto held = on().sign_in(name);
      const auto reply = call(from(origin_page, post(path).as(held.access)));
      EXPECT_EQ(reply.status, origin_page.may_do_without ? 200 : 403)
          << origin_page.origin << origin_page.site;
      EXPECT_EQ(on().status_of_me(held.access), origin_page.may_do_without ? 401 : 200);
    }
  for (const auto* path : {"/auth/token/refresh", "/api/v1/auth/refresh"})
    for (const auto& origin_page : pages(own)) {
      const auto held = on().sign_in(name);
      const auto body = json{{"refresh_token", held.refresh}}.dump();
      EXPECT_EQ(call(from(origin_page, post_json(path, body))).status,
                origin_page.may_do_without ? 200 : 403)
          << origin_page.origin << origin_page.site;
    }
}

} // namespace
} // namespace latchkey::test
