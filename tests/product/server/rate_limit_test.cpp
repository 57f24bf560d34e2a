// How often somebody may ask: whose limit it is, what the headers say, what does not count.
#include "tests/product/server/rate_limits.hpp"

#include <algorithm>
#include <ctime>

namespace latchkey::test {
namespace {

LATCHKEY_LIMITS_IN_MEMORY_AND_IN_REDIS(RateLimit);

TEST_P(RateLimit, IsOneThousandAnHourWhenNothingIsSet) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", ""}});
  const auto reply = instance.call(get("/nothing"));
  EXPECT_EQ(reply.header("X-RateLimit-Limit"), "1000");
  EXPECT_EQ(left(reply), 999);
}

TEST_P(RateLimit, OfAUserIsTheUsersOwnOnEveryConnection) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "8/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  const auto first = instance.sign_in(name).access;
  const auto second = instance.sign_in(name).access; // another session of the same user
  std::vector<http_call> calls(12, get("/auth/me").as(first));
  calls.insert(calls.end(), 12, get("/auth/me").as(second));
  std::vector<long> remaining;
  int refused = 0;
  for (const auto& answer : in_parallel(instance.server->port(), calls))
    if (answer.reply.status == 200) {
      remaining.push_back(left(answer.reply));
    } else {
      ++refused;
      EXPECT_TRUE(is_limited(answer.reply));
    }
  std::sort(remaining.begin(), remaining.end());
  EXPECT_EQ(remaining, (std::vector<long>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(refused, 16);
  // The address has its own, and another for registering and signing in.
  EXPECT_EQ(left(instance.call(get("/nothing"))), 7);
}

TEST_P(RateLimit, OfAnApiKeyIsTheKeysOwn) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "20/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  const auto token = instance.sign_in(name).access;
  const auto made = instance.call(
      post_json("/auth/api-keys", R"({"name":"a","scopes":["profile:read"]})").as(token));
  EXPECT_EQ(left(made), 19);
  const auto key = json_of(made)["key"].get<std::string>();
  EXPECT_EQ(left(instance.call(get("/auth/me").with("X-API-Key", key))), 19);
  EXPECT_EQ(left(instance.call(get("/auth/me").with("X-API-Key", key))), 18);
  EXPECT_EQ(left(instance.call(get("/auth/me").as(token))), 18);
}

TEST_P(RateLimit, OfSigningInRegisteringAndRecoveringIsTheAddressesOwn) {
  const auto instance = with({{"RATE_LIMIT_SIGN_IN", "3/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  EXPECT_EQ(left(instance.call(sign_in_call(name))), 1);
  EXPECT_EQ(left(instance.call(post_json("/recovery/request-reset", R"({"email":"a@b.example"})"))),
            0);
  EXPECT_TRUE(is_limited(instance.call(sign_in_call(name))));
  EXPECT_TRUE(is_limited(instance.call(post_json("/auth/register", "{}"))));
  EXPECT_FALSE(instance.call(get("/nothing")).has("X-RateLimit-Limit")); // the others are off
}

TEST_P(RateLimit, OfARefreshWithoutACookieShutsNobodyOut) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "3/hour"}, {"RATE_LIMIT_SIGN_IN", "4/hour"}});
  const auto held = instance.sign_in_new_user();
  for (const long expected : {2, 1, 0}) {
    const auto silent = instance.call(post("/auth/token/refresh"));
    EXPECT_EQ(silent.status, 401);
    EXPECT_EQ(left(silent), expected);
  }
  EXPECT_TRUE(is_limited(instance.call(post("/auth/token/refresh"))));
  EXPECT_EQ(instance.call(post("/auth/token/refresh").cookie(held.refresh)).status, 200);
  EXPECT_EQ(left(instance.call(get("/nothing"))), 2);
  EXPECT_EQ(instance.sign_in_new_user().access.empty(), false);
}

TEST_P(RateLimit, KeepsNobodyFromTheirOwnAccount) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "4/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  const auto own_session = instance.sign_in(name);
  const auto there = instance.sign_in(name);
  for (int i = 0; i < 6; ++i)
    instance.call(get("/auth/me").as(own_session.access));
  EXPECT_TRUE(is_limited(instance.call(get("/auth/me").as(own_session.access))));
  const auto listed = instance.call(get("/auth/sessions").as(own_session.access));
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(left(listed), 0);
  const auto sid = json_of(listed)["sessions"][0]["id"].get<std::string>();
  EXPECT_EQ(json_of(listed)["sessions"].size(), 2u);
  const json change{{"current_password", password}, {"new_password", "another battery staple"}};
  http_call put{
      "PUT", "/account/change-password", {{"Content-Type", "application/json"}}, change.dump()};
  EXPECT_EQ(instance.call(std::move(put).as(own_session.access)).status, 200);
  EXPECT_EQ(instance.call(post("/auth/token/refresh").cookie(own_session.refresh)).status, 200);
  EXPECT_EQ(instance.call(post("/auth/logout").as(own_session.access)).status, 200);
  EXPECT_EQ(instance.call(get("/auth/me").as(there.access)).status, 401); // the change ended it
}

TEST_P(RateLimit, OfARefreshOrALogoutIsTheUsersOnceTheTokenIsProven) {
  // Several workers: whichever hears it, a session in memory costs no read.
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "4/hour"}, {"WORKERS", "4"}});
  const auto first = instance.sign_in_new_user();
  const auto refresh = [&instance](const std::string& token) {
    return instance.call(post("/auth/token/refresh").cookie(token));
  };
  auto forged = first.refresh;
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  // What has not even the form of one of ours is a neighbour's: as if no cookie had come.
  EXPECT_EQ(left(refresh("junk")), 3);
  for (const long expected : {3, 2, 1, 0})
    EXPECT_EQ(left(refresh(forged)), expected);
  EXPECT_TRUE(is_limited(refresh(forged)));
  EXPECT_TRUE(is_limited(instance.call(post("/auth/logout").cookie(forged))));
  EXPECT_TRUE(is_limited(instance.call(post("/auth/logout").as("junk"))));
  // Whatever others at this address do.
  const auto rotated = refresh(first.refresh);
  EXPECT_EQ(rotated.status, 200);
  EXPECT_EQ(left(rotated), 3);
  // Other requests have another window.
  EXPECT_EQ(left(instance.call(get("/auth/me").as(tokens_of(rotated).access))), 3);
  auto newest = tokens_of(refresh(tokens_of(rotated).refresh));
  newest = tokens_of(refresh(newest.refresh));
  newest = tokens_of(refresh(newest.refresh));
  // Nothing is rotated or ended by what is refused.
  const auto limited = refresh(newest.refresh);
  EXPECT_TRUE(is_limited(limited));
  EXPECT_FALSE(limited.has("Set-Cookie"));
  EXPECT_EQ(
      instance.store.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL AND counter = 5"),
      1);
  EXPECT_EQ(instance.call(post("/auth/logout").cookie(newest.refresh)).status, 200);
}

TEST_P(RateLimit, OfALogoutByCookieIsTheUsers) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "3/hour"}});
  const auto held = instance.sign_in_new_user();
  const auto out = instance.call(post("/auth/logout").cookie(held.refresh));
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(left(out), 2);
  EXPECT_EQ(left(instance.call(get("/nothing"))), 2); // the first of the address's
}

TEST_P(RateLimit, IsToldWithWhatIsRefusedBeforeItIsUnderstood) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "5/hour"}, {"BODY_BYTES_MAX", "1024"}});
  EXPECT_EQ(left(instance.call(get("/nothing"))), 4);
  const auto large = instance.call(post_json("/auth/register", std::string(2000, ' ')));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(left(large), 4);
  http_connection broken{instance.server->port()};
  broken.send_raw("GET /nothing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  const auto bad = broken.receive();
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(left(bad), 4);
}

TEST_P(RateLimit, OfAServiceIsNotSpentByWhoeverNamesIt) {
  const auto instance = with({{"RATE_LIMIT_SERVICE", "2/hour"},
                              {"RATE_LIMIT_DEFAULT", "5/hour"},
                              {"TRUSTED_PROXIES", "127.0.0.0/8"},
                              {"SERVICE_KEYS", "billing:a-key-of-the-billing-service"}});
  const auto validate = [](const std::string& from) {
    return post_json("/service/validate-token", R"({"token":"x","service_id":"billing"})")
        .with("X-Forwarded-For", from);
  };
  EXPECT_EQ(left(instance.call(validate("203.0.113.9"))), 1);
  EXPECT_EQ(left(instance.call(validate("203.0.113.9"))), 0);
  EXPECT_TRUE(is_limited(instance.call(validate("203.0.113.9"))));
  EXPECT_EQ(instance.call(validate("203.0.113.10")).status, 200);
  const auto proven = [&](const std::string& key) {
    return instance.call(validate("203.0.113.9").with("X-Service-Key", key));
  };
  EXPECT_TRUE(is_limited(proven("another-key-of-some-bytes")));
  EXPECT_EQ(left(proven("a-key-of-the-billing-service")), 1);
  EXPECT_EQ(left(proven("a-key-of-the-billing-service")), 0);
  EXPECT_TRUE(is_limited(proven("a-key-of-the-billing-service")));
}

TEST_P(RateLimit, DoesNotHoldForHealthDocsAndTheInternalListener) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "1/hour"}});
  EXPECT_EQ(instance.call(get("/nothing")).status, 404);
  EXPECT_TRUE(is_limited(instance.call(get("/nothing"))));
  for (const auto* path : {"/health", "/docs", "/openapi.json"}) {
    const auto reply = instance.call(get(path));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_FALSE(reply.has("X-RateLimit-Limit")) << path;
  }
  for (const auto* path : {"/internal/health", "/metrics", "/nothing"})
    EXPECT_FALSE(instance.call_internal(get(path)).has("X-RateLimit-Limit")) << path;
}

TEST_P(RateLimit, ThatIsOffSaysNothing) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "0"}});
  EXPECT_FALSE(instance.call(get("/nothing")).has("X-RateLimit-Limit"));
}

TEST_P(RateLimit, IsToldToPagesOfOtherOriginsAndNotSpentByTheirPreflights) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "5/hour"}});
  const http_call preflight{
      "OPTIONS",
      "/auth/me",
      {{"Origin", "https://app.example.com"}, {"Access-Control-Request-Method", "GET"}},
      ""};
  for (int i = 0; i < 8; ++i) {
    const auto reply = instance.call(preflight);
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(left(reply), 5);
  }
  const auto reply = instance.call(get("/auth/me").with("Origin", "https://app.example.com"));
  EXPECT_NE(reply.header("Access-Control-Expose-Headers").find("X-RateLimit-Remaining"),
            std::string::npos);
}

TEST_P(RateLimit, OfWrongPasswordsFromOneAddressIsExact) {
  const auto instance = with({{"LOGIN_FAILURE_LIMIT_ADDRESS", "10/hour"}});
  std::vector<std::string> people;
  for (int i = 0; i < 4; ++i)
    instance.add_user(people.emplace_back(new_name()));
  // Right ones take nothing for good.
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(instance.call(sign_in_call(people[0])).status, 200);
  std::vector<http_call> guesses;
  for (int i = 0; i < 40; ++i)
    guesses.push_back(sign_in_call(people[static_cast<std::size_t>(i) % 4], "a wrong guess"));
  int wrong = 0;
  int limited = 0;
  for (const auto& answer : in_parallel(instance.server->port(), guesses)) {
    wrong += answer.reply.status == 401;
    // While some are being compared, it is not known yet whether they count.
    limited += answer.reply.status == 429 || answer.reply.status == 503;
  }
  EXPECT_EQ(wrong, 10);
  EXPECT_EQ(limited, 30);
  const auto refused = instance.call(sign_in_call(people[0]));
  EXPECT_TRUE(is_limited(refused));
  EXPECT_EQ(refused.header("X-RateLimit-Limit"), "10");
}

TEST_P(RateLimit, OfWrongPasswordsDoesNotLockOutRightOnesAtOnce) {
  const auto instance = with({{"LOGIN_FAILURE_LIMIT_ADDRESS", "3/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  int signed_in = 0;
  for (const auto& [reply, after] :
       in_parallel(instance.server->port(), std::vector<http_call>(40, sign_in_call(name)))) {
    if (reply.status == 200) {
      ++signed_in;
      continue;
    }
    EXPECT_TRUE(is_error(reply, 503, "OVERLOADED"));
    EXPECT_EQ(reply.header("Retry-After"), "1");
  }
  EXPECT_GE(signed_in, 3);
  EXPECT_EQ(instance.metric(R"(overload_refusals_total{kind="sign_ins"})"), 40 - signed_in);
  EXPECT_EQ(instance.call(sign_in_call(name)).status, 200);
}

TEST_P(RateLimit, BelievesWhatATrustedProxySaysOfTheAddress) {
  const auto instance =
      with({{"RATE_LIMIT_DEFAULT", "2/hour"}, {"TRUSTED_PROXIES", "127.0.0.0/8"}});
  const auto from = [&instance](const std::string& hops) {
    return instance.call(get("/nothing").with("X-Forwarded-For", hops));
  };
  EXPECT_EQ(left(from("203.0.113.9")), 1);
  EXPECT_EQ(left(from("198.51.100.4, 203.0.113.9")), 0); // the client wrote the first itself
  EXPECT_TRUE(is_limited(from("203.0.113.9")));
  EXPECT_EQ(left(from("198.51.100.4")), 1);
  EXPECT_EQ(left(from("2001:db8::1")), 1);
  EXPECT_EQ(left(from("2001:db8::ffff")), 0); // the same /64
  EXPECT_EQ(left(from("2001:db8:0:1::1")), 1);
  // And it is what the audit log and a session have.
  const auto name = new_name();
  instance.call(
      post_json("/auth/register", registration(name).dump()).with("X-Forwarded-For", "192.0.2.55"));
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM audit_log WHERE address = '192.0.2.55'"), 1);
}

TEST_P(RateLimit, OfSocketsThatOpenIsNotThatOfRequests) {
  const auto instance =
      with({{"RATE_LIMIT_HANDSHAKES", "2/hour"}, {"RATE_LIMIT_DEFAULT", "3/hour"}});
  const auto held = instance.sign_in_new_user();
  const auto open = [&] {
    return instance.call(get("/ws")
                             .as(held.access)
                             .with("Connection", "Upgrade")
                             .with("Upgrade", "websocket")
                             .with("Sec-WebSocket-Version", "13")
                             .with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="));
  };
  EXPECT_EQ(open().status, 101);
  EXPECT_EQ(open().status, 101);
  EXPECT_TRUE(is_limited(open()));
  EXPECT_EQ(left(instance.call(get("/auth/me").as(held.access))), 2);
}

TEST_P(RateLimit, BelievesNobodyElse) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "1/hour"}});
  EXPECT_EQ(instance.call(get("/nothing").with("X-Forwarded-For", "203.0.113.9")).status, 404);
  EXPECT_TRUE(is_limited(instance.call(get("/nothing").with("X-Forwarded-For", "203.0.113.10"))));
}

} // namespace
} // namespace latchkey::test
