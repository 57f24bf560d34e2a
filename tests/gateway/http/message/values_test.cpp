// values_test.cpp — the parts of the edge that need no socket: routes, cookies, forms,
// answers, origins.
#include "gateway/http/exchange.hpp"
#include "gateway/http/message/authority.hpp"
#include "gateway/http/message/cors.hpp"
#include "gateway/http/message/error_body.hpp"
#include "gateway/http/router.hpp"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

struct fixed_clock final : clock_source {
  time_point now() const noexcept override {
    return time_point{std::chrono::seconds{784'111'777}}; // RFC 9110's own example
  }
  time_point steady() const noexcept override { return now(); }
};

route make_route(method m, std::string pattern, access open_to = access::anyone) {
  route r;
  r.method = m;
  r.pattern = std::move(pattern);
  r.needs.open_to = open_to;
  r.handle = [](exchange&) -> awaitable<response> { co_return response{}; };
  return r;
}

router make_router(std::vector<route> routes) {
  auto made = router::make(std::move(routes));
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

// -- router -----------------------------------------------------------------------------

TEST(Router, RefusesATableThatIsWrong) {
  auto refused = [](std::vector<route> routes) { return !router::make(std::move(routes)); };
  EXPECT_TRUE(refused({make_route(method::get, "/a", access::undecided)}));
  EXPECT_TRUE(refused({make_route(method::get, "/a"), make_route(method::get, "/a")}));
  EXPECT_TRUE(refused({make_route(method::get, "/{a}/b"), make_route(method::get, "/{a}/b")}));
  for (auto pattern :
       {"", "a", "/a//b", "/{}", "/{a*}/b", "/a*", "/{a", "/a{b}", "/{a}/{b}/{c}/{d}/{e}"})
    EXPECT_TRUE(refused({make_route(method::get, pattern)})) << pattern;
  auto no_handler = make_route(method::get, "/a");
  no_handler.handle = nullptr;
  EXPECT_TRUE(refused({no_handler}));
}

TEST(Router, NamesTheRouteThatIsWrong) {
  auto made = router::make({make_route(method::put, "/open", access::undecided)});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().reason, "route PUT /open: access is undecided");
}

TEST(Router, PrefersFixedTextOverParameters) {
  auto table =
      make_router({make_route(method::get, "/u/{rest*}"), make_route(method::get, "/u/{id}"),
                   make_route(method::get, "/u/me"), make_route(method::put, "/u/{id}"),
                   make_route(method::get, "/u/{id}/keys/{key}"), make_route(method::get, "/")});
  EXPECT_EQ(table.find(method::get, "/u/me").index, 2u);
  EXPECT_EQ(table.find(method::get, "/u/7").index, 1u);
  EXPECT_EQ(table.find(method::put, "/u/me").index, 3u); // the pattern has it
  EXPECT_EQ(table.find(method::get, "/").index, 5u);
  auto nested = table.find(method::get, "/u/7/keys/k1");
  EXPECT_EQ(nested.index, 4u);
  EXPECT_EQ(nested.params["id"], "7");
  EXPECT_EQ(nested.params["key"], "k1");
  EXPECT_EQ(nested.params["other"], "");
  auto rest = table.find(method::get, "/u/7/x/y");
  EXPECT_EQ(rest.index, 0u);
  EXPECT_EQ(rest.params["rest"], "7/x/y");
}

TEST(Router, MatchesWholePathsOnly) {
  auto table = make_router({make_route(method::get, "/a/{id}"), make_route(method::get, "/b")});
  for (auto path : {"/a", "/a/", "/a/1/", "/a/1/2", "/A/1", "/b/", "/B", "", "/bb",
                    "/a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19"})
    EXPECT_EQ(table.find(method::get, path).found, nullptr) << path;
}

TEST(Router, TellsWhichMethodsAPathHas) {
  auto table = make_router({make_route(method::get, "/a"), make_route(method::delete_, "/a"),
                            make_route(method::post, "/{x}")});
  auto match = table.find(method::patch, "/a");
  EXPECT_EQ(match.found, nullptr);
  EXPECT_EQ(allow_list(match.methods), "GET, HEAD, POST, DELETE, OPTIONS");
  EXPECT_EQ(table.find(method::patch, "/a/b").methods, 0);
  EXPECT_EQ(table.find(method::head, "/a").index, 0u);
  EXPECT_EQ(table.routes()[2].name, "/{x}");
}

// -- cookies, forms, credentials --------------------------------------------------------

TEST(Cookies, CountsEveryOccurrence) {
  request in;
  in.headers = {{"Cookie", "a=1; refresh_token=x"}, {"cookie", "refresh_token=\"y\";b"}};
  in.cookie = in.headers[0].value;
  EXPECT_EQ(find_cookie(in, "refresh_token").count, 2u);
  EXPECT_EQ(find_cookie(in, "refresh_token").value, "x");
  EXPECT_EQ(find_cookie(in, "a").value, "1");
  EXPECT_EQ(find_cookie(in, "token").count, 0u);
  EXPECT_EQ(find_cookie(in, "Refresh_Token").count, 0u); // names are case-sensitive
  EXPECT_EQ(find_cookie(request{}, "a").count, 0u);
}

TEST(Forms, RefuseRepeatedAndBrokenValues) {
  EXPECT_EQ(form_value("a=1&b=2&a=3", "a").error().field, "a");
  EXPECT_EQ(form_value("a=%4", "a").error().code, error_code::validation_error);
  EXPECT_FALSE(form_value("a=%ff", "a").has_value());
}

TEST(Forms, DecodeValues) {
  EXPECT_EQ(**form_value("user=a%40b.c&pass+word=p+%2B%26", "pass word"), "p +&");
  EXPECT_EQ(**form_value("a", "a"), "");
  EXPECT_FALSE(form_value("a=1", "b")->has_value());
  EXPECT_FALSE(form_value("", "b")->has_value());
}

TEST(Requests, FindBearerTokensAndMediaTypes) {
  request in;
  EXPECT_EQ(bearer_token(in), "");
  for (auto none : {"Basic abc", "Bearer", "Bearer ", "Bearerabc"}) {
    in.authorization = none;
    EXPECT_EQ(bearer_token(in), "") << none;
  }
  in.authorization = "bEaReR  a.b.c";
  EXPECT_EQ(bearer_token(in), "a.b.c");
  EXPECT_TRUE(is_media_type("Application/JSON ; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/jsonx", "application/json"));
  EXPECT_FALSE(is_media_type("", "application/json"));
}

// -- answers ------------------------------------------------------------------------------

std::string serialized(const response& answer, answer_context context = {}) {
  fixed_clock clock;
  date_cache date(clock);
  std::string out;
  serialize(answer, context, date, out);
  return out;
}

TEST(Responses, AreWrittenExactly) {
  answer_context context;
  context.request_id = "req_1";
  EXPECT_EQ(serialized(json_response(201, "{}"), context),
            "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\nX-Request-ID: req_1\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n{}");
  auto none = serialized(empty_response(), context);
  EXPECT_EQ(none.find("Content-"), none.find("Content-Type-Options"));
}

TEST(Responses, NoValueCanAddALine) {
  response answer;
  answer.add("X-A", "b\r\nX-Evil: 1\n\0").add("X-\r\nB", "c");
  EXPECT_EQ(answer.header_lines(), "X-A: bX-Evil: 1\r\nX-B: c\r\n");
  EXPECT_TRUE(answer.has("X-A"));
  EXPECT_FALSE(answer.has("X-Evil"));
}

TEST(Responses, AHandlersCacheControlWins) {
  auto answer = json_response(200, "{}");
  answer.add("Cache-Control", "max-age=5");
  auto bytes = serialized(answer);
  EXPECT_EQ(bytes.find("no-store"), std::string::npos);
  EXPECT_NE(bytes.find("Cache-Control: max-age=5\r\n"), std::string::npos);
}

TEST(Errors, AreTheDocumentedEnvelope) {
  fixed_clock clock;
  failure error{error_code::validation_error, "email", "say \"hi\"\n", 0};
  auto answer = error_response(error, "req_1", clock.now());
  EXPECT_EQ(answer.status, 400u);
  EXPECT_EQ(answer.body,
            R"({"error":{"code":"VALIDATION_ERROR","message":"Invalid input parameters",)"
            R"("details":{"field":"email","reason":"say \"hi\"\n"},)"
            R"("timestamp":"1994-11-06T08:49:37Z","request_id":"req_1"}})");
}

TEST(Errors, CarryTheirHeaders) {
  fixed_clock clock;
  failure busy{error_code::overloaded, {}, {}, 3};
  auto answer = error_response(busy, "r", clock.now(), challenge::bearer);
  EXPECT_EQ(answer.header_lines(), "Retry-After: 3\r\n");
  EXPECT_NE(answer.body.find(R"("details":{})"), std::string::npos);
  failure expired{error_code::token_expired, {}, {}, 0};
  EXPECT_TRUE(error_response(expired, "r", clock.now(), challenge::bearer).has("WWW-Authenticate"));
  EXPECT_FALSE(error_response(expired, "r", clock.now()).has("WWW-Authenticate"));
}

TEST(Errors, SayWhenToComeBackWhereThatHelps) {
  for (auto code :
       {error_code::overloaded, error_code::rate_limited, error_code::upstream_unavailable}) {
    EXPECT_EQ(error_response(failure{code, {}, {}, 0}, "r", {}).header_lines(),
              "Retry-After: 1\r\n");
    EXPECT_EQ(error_response(failure{code, {}, {}, 9}, "r", {}).header_lines(),
              "Retry-After: 9\r\n");
  }
  EXPECT_FALSE(error_response(failure{error_code::timeout, {}, {}, 0}, "r", {}).has("Retry-After"));
}

// -- origins --------------------------------------------------------------------------------

const origin_list allowed{{"https://app.example.com", "http://localhost:3000"}};

request from(std::string_view origin, method m = method::post) {
  request in;
  in.method = m;
  in.origin = origin;
  in.host = "auth.example.com";
  in.is_tls = true;
  return in;
}

TEST(Csrf, RefusesForeignOrigins) {
  for (auto origin :
       {"https://app.example.com.evil", "https://evil", "null", "https://APP.example.com",
        "https://app.example.com:8443", "http://app.example.com", "http://auth.example.com",
        "https://auth.example.com.evil", "https://auth.example.com:81", "",
        "https://app.example.com/"})
    EXPECT_EQ(check_csrf(from(origin), allowed).error().code, error_code::csrf_failed) << origin;
  auto cross = from("https://app.example.com");
  cross.sec_fetch_site = "Cross-Site";
  EXPECT_FALSE(check_csrf(cross, allowed).has_value());
}

TEST(Csrf, LetsAnAllowedOriginWinWhereNoCookieProvesAnything) {
  auto cross = from("https://app.example.com");
  cross.sec_fetch_site = "cross-site";
  EXPECT_TRUE(check_page(cross, allowed).has_value());
  EXPECT_FALSE(check_page(cross, {}).has_value());
  for (auto origin :
       {std::string_view{}, std::string_view{"null"}, std::string_view{"https://evil"},
        std::string_view{"https://auth.example.com"}}) {
    cross.origin = origin;
    EXPECT_FALSE(check_page(cross, allowed).has_value()) << origin;
  }
  EXPECT_FALSE(check_page(from("https://evil"), allowed).has_value());
  EXPECT_TRUE(check_page(from("https://auth.example.com"), allowed).has_value());
  EXPECT_TRUE(check_page(from({}), allowed).has_value());
}

TEST(Csrf, LetsOwnAllowedAndOriginlessRequestsPass) {
  EXPECT_TRUE(check_csrf(from("https://app.example.com"), allowed).has_value());
  EXPECT_TRUE(check_csrf(from("https://auth.example.com"), allowed).has_value());
  EXPECT_TRUE(check_csrf(from({}), allowed).has_value());
  auto same = from({});
  same.sec_fetch_site = "same-origin";
  EXPECT_TRUE(check_csrf(same, allowed).has_value());
  EXPECT_TRUE(check_csrf(from("https://pub.example"), {}, "https://pub.example").has_value());
  EXPECT_FALSE(check_csrf(from("https://auth.example.com"), {}, "https://pub.example").has_value())
      << "with ISSUER set the Host that a request shows is nobody's origin";
}

TEST(Csrf, TakesASchemesOwnPortForNone) {
  EXPECT_TRUE(check_csrf(from("https://auth.example.com:443"), {}).has_value());
  auto with_port = from("https://auth.example.com");
  with_port.host = "auth.example.com:443";
  EXPECT_TRUE(check_csrf(with_port, {}).has_value());
  EXPECT_TRUE(check_csrf(from("https://pub.example:443"), {}, "https://pub.example").has_value());
  EXPECT_FALSE(check_csrf(from("https://pub.example:444"), {}, "https://pub.example").has_value());
  EXPECT_FALSE(check_csrf(from("https://pub.example:80"), {}, "https://pub.example").has_value());
  EXPECT_FALSE(check_csrf(from("http://pub.example:443"), {}, "https://pub.example").has_value());
}

TEST(Csrf, TakesPackagedAppsOfTheList) {
  const origin_list apps{{"capacitor://localhost"}};
  EXPECT_TRUE(check_csrf(from("capacitor://localhost"), apps).has_value());
  for (auto origin : {"capacitor://localhost.evil", "capacitor://LOCALHOST", "ionic://localhost"})
    EXPECT_FALSE(check_csrf(from(origin), apps).has_value()) << origin;
}

TEST(Authority, IsAHostAndMaybeAPort) {
  for (auto good : {"a", "a:80", "a:", "A_b-c.d~e", "127.0.0.1:8000", "[::1]", "[::1]:65535",
                    "[::ffff:1.2.3.4]", "x%41y", "a.b."})
    EXPECT_TRUE(is_authority(good)) << good;
  for (auto bad : {"",       ":80",
                   "a:b",    "a:1:2",
                   "::1",    "[::1",
                   "[::1]x", "[::1]:x",
                   "[v1.a]", "[]",
                   "a b",    "a:65536",
                   "a:-1",   "a%",
                   "a%4",    "a%zz",
                   "me@a",   "a/b",
                   "a?b",    "a,b",
                   "a]",     "[fe80::1%25eth0]",
                   "a\tb",   "\xc3\xa9"})
    EXPECT_FALSE(is_authority(bad)) << bad;
  EXPECT_FALSE(is_authority(std::string(256, 'a')));
}

TEST(Csrf, KnowsItsOwnOriginBehindAProxyThatEndsTls) {
  constexpr std::string_view own = "https://auth.example.com";
  auto proxied = from(own);
  proxied.is_tls = false;
  EXPECT_FALSE(check_csrf(proxied, allowed).has_value());
  EXPECT_TRUE(check_csrf(proxied, allowed, own).has_value());
  EXPECT_TRUE(check_csrf(proxied, allowed, "https://Auth.Example.com").has_value());
  for (auto origin : {"https://evil", "null", "", "https://auth.example.com.evil"}) {
    auto foreign = from(origin);
    foreign.is_tls = false;
    EXPECT_FALSE(check_csrf(foreign, allowed, own).has_value()) << origin;
  }
  proxied.sec_fetch_site = "cross-site";
  EXPECT_FALSE(check_csrf(proxied, allowed, own).has_value());
}

TEST(Cors, GivesForeignOriginsNothing) {
  for (auto origin : {"https://evil", "null", "https://app.example.com.evil"}) {
    response answer;
    add_cors_headers(from(origin), allowed, answer);
    EXPECT_EQ(answer.header_lines(), "Vary: Origin\r\n") << origin;
    auto preflight =
        preflight_response(from(origin, method::options), 1, allowed, allowed_headers());
    EXPECT_EQ(preflight.header_lines(), "Vary: Origin\r\n") << origin;
  }
  response none;
  add_cors_headers(from("https://app.example.com"), {}, none);
  EXPECT_EQ(none.header_lines(), "");
}

TEST(Cors, VariesByTheOriginBesideWhateverElse) {
  response answer;
  answer.add("Vary", "Accept-Encoding");
  for (int i = 0; i < 2; ++i)
    add_cors_headers(from("https://evil"), allowed, answer);
  EXPECT_EQ(answer.header_lines(), "Vary: Accept-Encoding\r\nVary: Origin\r\n");
}

TEST(Cors, AnswersAllowedOrigins) {
  response answer;
  add_cors_headers(from("http://localhost:3000"), allowed, answer);
  EXPECT_NE(answer.header_lines().find("Access-Control-Allow-Origin: http://localhost:3000\r\n"),
            std::string_view::npos);
  EXPECT_TRUE(answer.has("Access-Control-Allow-Credentials"));
  auto in = from("http://localhost:3000", method::options);
  EXPECT_FALSE(is_preflight(in));
  in.headers = {{"access-control-request-method", "POST"}};
  EXPECT_TRUE(is_preflight(in));
  auto preflight =
      preflight_response(in, 1U << static_cast<unsigned>(method::post), allowed, allowed_headers());
  EXPECT_EQ(preflight.status, 204u);
  EXPECT_NE(preflight.header_lines().find("Access-Control-Allow-Methods: POST, OPTIONS\r\n"),
            std::string_view::npos);
  std::string headers{preflight.header_lines()};
  headers = headers.substr(headers.find("Access-Control-Allow-Headers: "));
  headers = headers.substr(0, headers.find("\r\n"));
  for (const auto* name : {"Authorization", "Content-Type", "Idempotency-Key", "If-Match",
                           "X-Requested-With", "traceparent", "tracestate", "baggage"})
    EXPECT_NE((headers + ",").find(std::string{" "} + name + ","), std::string::npos) << name;
  for (const auto* name : {"ETag", "Location", "Retry-After", "X-Request-ID"})
    EXPECT_NE(answer.header_lines().find(name), std::string_view::npos) << name;
  EXPECT_TRUE(
      allowed_headers({"X-Client-Version", "X-Two"}).ends_with("baggage, X-Client-Version, X-Two"));
  EXPECT_TRUE(preflight.has("Access-Control-Max-Age"));
}

} // namespace
} // namespace latchkey::http
