// The refresh cookie where pages of other sites may use it (COOKIE_SAMESITE=none), and the answers
// that may take it back.
#include "tests/product/product.hpp"

#include <array>
#include <sys/socket.h>

namespace latchkey::test {
namespace {

constexpr const char* own_page = "https://auth.example.com";

http_call from_page(http_call asked, const std::string& origin, const std::string& site) {
  asked.headers.push_back({"Origin", origin});
  asked.headers.push_back({"Sec-Fetch-Site", site});
  return asked;
}

class CookieOfOtherSites : public testing::TestWithParam<std::string> {
protected:
  static environment settings(const char* same_site) {
    return {{"ISSUER", own_page}, {"COOKIE_SAMESITE", same_site}};
  }
  product none_{GetParam(), settings("none")};
  product lax_{GetParam(), settings("lax")};

  /// Of a new user: the pair that a browser sends back.
  static std::string cookie_of(const product& on, std::string* line = nullptr) {
    const auto name = new_name();
    on.add_user(name);
    const auto reply = on.call(post_json("/auth/token", credentials(name).dump()));
    const auto cookie = reply.header("Set-Cookie");
    if (line != nullptr) *line = cookie;
    return cookie.substr(0, cookie.find(';'));
  }
};
LATCHKEY_ON_BOTH_ENGINES(CookieOfOtherSites);

TEST_P(CookieOfOtherSites, IsSecureAndSaysSoBehindTls) {
  for (const auto* on : {&none_, &lax_}) {
    std::string line;
    EXPECT_TRUE(cookie_of(*on, &line).starts_with("__Host-refresh_token="));
    const std::string wanted =
        std::string{"; HttpOnly; Secure; SameSite="} + (on == &none_ ? "None" : "Lax") + "; Path=/";
    EXPECT_TRUE(line.ends_with(wanted)) << line;
    EXPECT_FALSE(says(line, "Domain")) << line;
  }
}

TEST_P(CookieOfOtherSites, CountsForPagesOfAllowedOriginsAlone) {
  struct page {
    const char *origin, *site;
    int none, lax;
  };
  const std::vector<page> pages{{own_page, "same-origin", 200, 200},
                                {friend_origin, "same-site", 200, 200},
                                {friend_origin, "cross-site", 200, 403},
                                {"https://evil.example", "cross-site", 403, 403},
                                {"https://evil.example", "same-site", 403, 403},
                                {"null", "cross-site", 403, 403}};
  for (const auto* path : {"/auth/token/refresh", "/auth/logout"})
    for (const auto& origin_page : pages)
      for (const auto* on : {&none_, &lax_}) {
        const auto pair = cookie_of(*on);
        const auto reply = on->call(
            from_page(post(path).with("Cookie", pair), origin_page.origin, origin_page.site));
        const auto trace = std::string{path} + " " + origin_page.origin + " " + origin_page.site +
                           (on == &none_ ? " none" : " lax");
        EXPECT_EQ(reply.status, on == &none_ ? origin_page.none : origin_page.lax)
            << trace << reply.body;
        if (reply.status == 200) continue;
        EXPECT_TRUE(is_error(reply, 403, "CSRF_FAILED")) << trace;
        EXPECT_FALSE(reply.has("Set-Cookie")) << trace;
      }
}

TEST_P(CookieOfOtherSites, IsRefusedAtStartWithoutHttps) {
  const test_store store{GetParam()};
  for (const auto* issuer : {"", "http://auth.example.com"}) {
    environment more{{"COOKIE_SAMESITE", "none"}};
    if (*issuer != '\0') more["ISSUER"] = issuer;
    const auto checked = run_latchkey({"config", "check"}, store.settings(more), store.folder());
    EXPECT_NE(checked.exit_code, 0) << issuer;
    EXPECT_TRUE(says(checked.out + checked.err, "COOKIE_SAMESITE")) << checked.out << checked.err;
  }
}

class CookieTakenBack : public Product {
protected:
  /// The cookie of a session that has ended.
  std::string dead_cookie() const {
    const auto held = on().sign_in_new_user();
    EXPECT_EQ(call(post("/auth/logout").as(held.access)).status, 200);
    return held.refresh;
  }
};
LATCHKEY_ON_BOTH_ENGINES(CookieTakenBack);

TEST_P(CookieTakenBack, IsNotAnotherUsersWhoSignsInBeforeTheRefusalLeaves) {
  const auto dead = dead_cookie();
  const auto other = new_name();
  on().add_user(other);
  http_connection slow{on().server->port()};
  const auto asked =
      to_bytes(post_json("/auth/token/refresh", "{}").cookie(dead).with("Expect", "100-continue"),
               on().server->port());
  const auto head = asked.size() - 2;
  slow.send_raw(std::string_view{asked}.substr(0, head));
  std::array<char, 25> interim{};
  ASSERT_EQ(recv(slow.socket(), interim.data(), interim.size(), MSG_WAITALL), 25);
  ASSERT_EQ((std::string{interim.data(), interim.size()}), "HTTP/1.1 100 Continue\r\n\r\n");
  // The same browser: what it holds from here on is the other user's.
  const auto held = on().sign_in(other);
  slow.send_raw(std::string_view{asked}.substr(head));
  const auto late = slow.receive();
  EXPECT_TRUE(is_error(late, 401, "AUTH003"));
  EXPECT_FALSE(late.has("Set-Cookie")) << late.header("Set-Cookie");
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(held.refresh)).status, 200);
}

TEST_P(CookieTakenBack, IsOneThatIsOverWhenNobodyHasSignedInMeanwhile) {
  const auto reply = call(post("/auth/token/refresh").cookie(dead_cookie()));
  EXPECT_TRUE(is_error(reply, 401, "AUTH003"));
  EXPECT_TRUE(reply.header("Set-Cookie").starts_with("refresh_token=; Max-Age=0;"));
}

} // namespace
} // namespace latchkey::test
