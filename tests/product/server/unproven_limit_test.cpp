// RATE_LIMIT_UNPROVEN: what finds nothing or proves nothing counts for its address, costs no read
// once that is spent, and shuts nobody out.
#include "tests/product/server/rate_limits.hpp"

namespace latchkey::test {
namespace {

LATCHKEY_LIMITS_IN_MEMORY_AND_IN_REDIS(UnprovenLimit);

TEST_P(UnprovenLimit, IsTheAddressesForWhatProvesNothing) {
  const auto instance = with({{"RATE_LIMIT_DEFAULT", "5/hour"}});
  const auto name = new_name();
  instance.add_user(name);
  const auto token = instance.sign_in(name).access;
  EXPECT_EQ(left(instance.call(get("/auth/me"))), 4); // no token
  EXPECT_EQ(left(instance.call(get("/auth/me").as("junk"))), 3);
  EXPECT_EQ(left(instance.call(get("/auth/me").with("X-API-Key", "junk"))), 2);
  EXPECT_EQ(left(instance.call(post_json("/api/auth/sync-user", "{}"))), 1);
  EXPECT_EQ(left(instance.call(get("/nothing"))), 0);
  EXPECT_TRUE(is_limited(instance.call(get("/auth/me").as("junk"))));
  EXPECT_TRUE(is_limited(instance.call(get("/nothing"))));
  // Whoever proves who they are has their own, and nobody is shut out of signing in.
  EXPECT_EQ(left(instance.call(get("/auth/me").as(token))), 4);
  EXPECT_EQ(left(instance.call(sign_in_call(name))), 2);
  EXPECT_EQ(instance.call(post_json("/auth/register", registration(new_name()).dump())).status,
            201);
}

TEST_P(UnprovenLimit, CostsNoReadOnceItIsSpent) {
  const auto instance = with({{"RATE_LIMIT_UNPROVEN", "2/hour"}});
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(left(instance.call(get("/nothing"))), 1);
  EXPECT_EQ(left(instance.call(get("/nothing"))), 0);
  const std::string nobodys = "00000000-0000-4000-8000-000000000000.1." + std::string(43, 'A');
  const auto refused = instance.call(post("/auth/token/refresh").cookie(nobodys));
  EXPECT_TRUE(is_limited(refused));
  EXPECT_EQ(refused.header("X-RateLimit-Limit"), "2");
  EXPECT_TRUE(is_limited(instance.call(post("/auth/logout").cookie(nobodys))));
  EXPECT_EQ(instance.call(get("/auth/me").as(held.access)).status, 200); // the signature proves it
}

TEST_P(UnprovenLimit, CountsEveryCookieThatCostARead) {
  const auto instance = with({{"RATE_LIMIT_UNPROVEN", "9/hour"}});
  const auto held = instance.sign_in_new_user();
  const auto forged = [](char which) {
    return "refresh_token=" + std::string(8, which) + "-0000-4000-8000-000000000000.1." +
           std::string(43, 'A');
  };
  const auto three = forged('1') + "; " + forged('2') + "; " + forged('3');
  EXPECT_EQ(left(instance.call(post("/auth/token/refresh").with("Cookie", three))), 6);
  const auto beside = three + "; refresh_token=" + held.refresh;
  EXPECT_EQ(instance.call(post("/auth/token/refresh").with("Cookie", beside)).status, 200);
  EXPECT_EQ(left(instance.call(get("/nothing"))), 2);
}

TEST_P(UnprovenLimit, KeepsNobodyWhoIsInMemoryOnceItIsSpent) {
  const auto instance = with({{"RATE_LIMIT_UNPROVEN", "2/hour"}, {"WORKERS", "4"}});
  const auto held = instance.sign_in_new_user();
  const auto made = instance.call(
      post_json("/auth/api-keys", R"({"name":"a","scopes":["profile:read"]})").as(held.access));
  const auto key = json_of(made)["key"].get<std::string>();
  instance.call(get("/nothing"));
  instance.call(get("/nothing"));
  EXPECT_TRUE(is_limited(instance.call(get("/nothing"))));
  // Whichever worker hears it.
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(instance.call(get("/auth/me").with("X-API-Key", key)).status, 200) << i;
  auto nobodys = key;
  nobodys[5] = nobodys[5] == 'A' ? 'B' : 'A'; // within what names the user
  EXPECT_TRUE(is_limited(instance.call(get("/auth/me").with("X-API-Key", nobodys))));
  auto token = held.refresh;
  for (int i = 0; i < 16; ++i) {
    const auto rotated = instance.call(post("/auth/token/refresh").cookie(token));
    ASSERT_EQ(rotated.status, 200) << i;
    token = tokens_of(rotated).refresh;
  }
}

} // namespace
} // namespace latchkey::test
