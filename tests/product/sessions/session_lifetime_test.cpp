// session_lifetime_test.cpp — a session ends by itself: when nobody refreshes it for so long,
// and at last however often it is refreshed.
#include "tests/product/product.hpp"

#include <ctime>

namespace latchkey::test {
namespace {

class SessionLifetime : public testing::TestWithParam<std::string> {
protected:
  /// A time in SQL as seconds of the Unix epoch.
  static std::string seconds(const std::string& column) {
    return GetParam() == "sqlite" ? "CAST(strftime('%s', " + column + ") AS INTEGER)"
                                  : "floor(extract(epoch FROM " + column + "))";
  }
  /// What SQL calls the time `s` seconds ago.
  static std::string ago(long s) {
    const auto then = std::time(nullptr) - s;
    std::string text(32, '\0');
    text.resize(
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.000000Z", std::gmtime(&then)));
    return "'" + text + "'";
  }
  static void expect_dead(const product& instance, const tokens& held) {
    EXPECT_TRUE(is_error(instance.call(get("/auth/me").as(held.access)), 401, "AUTH003"));
    const auto refreshed = instance.call(post("/auth/token/refresh").cookie(held.refresh));
    EXPECT_TRUE(is_error(refreshed, 401, "AUTH003"));
  }
};
LATCHKEY_ON_BOTH_ENGINES(SessionLifetime);

TEST_P(SessionLifetime, EndsWhenNobodyRefreshesIt) {
  const product instance{GetParam(), {{"SESSION_IDLE_TTL", "3"}}};
  const auto held = instance.sign_in_new_user();
  const auto fresh = tokens_of(instance.call(post("/auth/token/refresh").cookie(held.refresh)));
  EXPECT_EQ(instance.status_of_me(fresh.access), 200);
  // Its use does not keep it: only a refresh would. The access token has most of its hour left.
  EXPECT_TRUE(eventually([&] { return instance.status_of_me(fresh.access) != 200; }));
  expect_dead(instance, fresh);
}

TEST_P(SessionLifetime, EndsAtItsTimeHoweverOftenItIsRefreshed) {
  product instance{GetParam(), {{"SESSION_TTL", "60"}, {"SESSION_IDLE_TTL", "0"}}};
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(instance.store.count("SELECT " + seconds("expires_at") + " - " + seconds("created_at") +
                                 " FROM sessions"),
            60);
  const auto fresh = tokens_of(instance.call(post("/auth/token/refresh").cookie(held.refresh)));
  EXPECT_EQ(instance.status_of_me(fresh.access), 200);
  EXPECT_EQ(instance.store.count("SELECT " + seconds("expires_at") + " - " + seconds("created_at") +
                                 " FROM sessions"),
            60)
      << "a refresh moves no end";
  // A minute passes, as far as the store is concerned.
  EXPECT_EQ(instance.server->stop(), 0);
  instance.store.query("UPDATE sessions SET created_at = " + ago(61) + ", expires_at = " + ago(1));
  instance.start();
  expect_dead(instance, fresh);
}

} // namespace
} // namespace latchkey::test
