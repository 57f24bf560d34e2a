// platform_auth_test.cpp — /api/v1/auth/*: the platform's names for what the Auth Service does.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class PlatformAuth : public Product {
protected:
  http_reply log_in(const std::string& name) const {
    return call(post_json("/api/v1/auth/login", credentials(name).dump()));
  }
  tokens log_in_new_user() const {
    const auto name = new_name();
    on().add_user(name);
    return tokens_of(log_in(name));
  }
};
LATCHKEY_ON_BOTH_ENGINES(PlatformAuth);

TEST_P(PlatformAuth, Registers) {
  const auto name = new_name();
  const auto reply = call(post_json("/api/v1/auth/register", registration(name).dump()));
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(json_of(reply), (json{{"id", on().id_of(name)},
                                  {"username", name},
                                  {"email", name + "@example.com"},
                                  {"first_name", nullptr},
                                  {"last_name", nullptr},
                                  {"is_active", true},
                                  {"is_superuser", false}}));
}

TEST_P(PlatformAuth, LogsIn) {
  const auto name = new_name();
  on().add_user(name);
  const auto reply = log_in(name);
  EXPECT_EQ(reply.status, 200) << reply.body;
  const auto held = tokens_of(reply);
  EXPECT_EQ(json_of(reply), (json{{"access_token", held.access},
                                  {"token_type", "bearer"},
                                  {"refresh_token", nullptr},
                                  {"expires_in", 3600}}));
  EXPECT_EQ(counter_of(held.refresh), 1);
  const auto me = call(get("/api/v1/auth/me").as(held.access));
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(json_of(me)["username"], name);
}

// "Auth Service Internal API Documentation", For Frontend Applications, 2
TEST_P(PlatformAuth, Refreshes) {
  const auto held = log_in_new_user();
  const auto reply = call(post("/api/v1/auth/refresh").cookie(held.refresh));
  EXPECT_EQ(reply.status, 200) << reply.body;
  const auto next = tokens_of(reply);
  EXPECT_EQ(json_of(reply), (json{{"access_token", next.access},
                                  {"token_type", "bearer"},
                                  {"refresh_token", nullptr},
                                  {"expires_in", 3600}}));
  EXPECT_EQ(counter_of(next.refresh), 2);
  EXPECT_EQ(on().status_of_me(next.access), 200);
}

TEST_P(PlatformAuth, LogsOut) {
  const auto held = log_in_new_user();
  const auto reply = call(post("/api/v1/auth/logout").as(held.access));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(reply), (json{{"message", "Logout successful"}}));
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(call(post("/api/v1/auth/refresh").cookie(held.refresh)).status, 401);
}

} // namespace
} // namespace latchkey::test
