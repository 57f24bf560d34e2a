// A client that shows an earlier session of the account has failures of its own: a stranger's
// guesses do not lock it out, and what is no session of the account lends it to nobody.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class KnownClient : public testing::TestWithParam<std::string> {
protected:
  product one_{GetParam(), {{"LOGIN_FAILURE_LIMIT", "3/hour"}, {"RATE_LIMIT_UNPROVEN", "4/hour"}}};
  std::string name_ = new_name();
  tokens held_;

  void SetUp() override {
    one_.add_user(name_);
    held_ = one_.sign_in(name_);
  }
  static http_call sign_in_call(const std::string& name, const std::string& attempt) {
    return post_json("/auth/token", credentials(name, attempt).dump());
  }
  int status_of(http_call sign_in) const { return one_.call(std::move(sign_in)).status; }
  void lock() const {
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(status_of(sign_in_call(name_, "a stranger's guess")), 401);
    EXPECT_EQ(status_of(sign_in_call(name_, password)), 401) << "not locked";
  }
  static std::string forged(char which) {
    return "refresh_token=" + std::string(8, which) + "-0000-7000-8000-000000000000.1." +
           std::string(43, 'A');
  }
};
INSTANTIATE_TEST_SUITE_P(Product, KnownClient, testing::Values("sqlite"), name_of_engine);

TEST_P(KnownClient, SignsInWhileStrangersAreLockedOut) {
  lock();
  EXPECT_EQ(status_of(sign_in_call(name_, password).cookie(held_.refresh)), 200);
}

TEST_P(KnownClient, IsKnownByAnyOfItsCookies) {
  lock();
  const auto cookies =
      forged('f') + "; refresh_token=junk; refresh_token=" + held_.refresh + "; " + forged('e');
  EXPECT_EQ(status_of(sign_in_call(name_, password).with("Cookie", cookies)), 200);
}

TEST_P(KnownClient, IsKnownWhereTheAddressHasShownTooMuchJunk) {
  lock();
  while (one_.call(get("/nothing")).status != 429) {
  }
  EXPECT_EQ(status_of(sign_in_call(name_, password).cookie(held_.refresh)), 200);
}

TEST_P(KnownClient, PaysForEachForgedCookieAsForOtherJunk) {
  const auto two = forged('f') + "; " + forged('e');
  EXPECT_EQ(status_of(sign_in_call(name_, password).with("Cookie", two)), 200);
  EXPECT_EQ(one_.call(get("/nothing")).header("X-RateLimit-Remaining"), "1"); // of four
}

TEST_P(KnownClient, IsNoneByASessionThatWasEnded) {
  const auto thief = one_.sign_in(name_);
  const auto sessions = json_of(one_.call(get("/auth/sessions").as(held_.access)))["sessions"];
  for (const auto& session : sessions) {
    if (session["current"].get<bool>()) continue;
    const auto path = "/auth/sessions/" + session["id"].get<std::string>();
    ASSERT_EQ(one_.call(http_call{"DELETE", path, {}, ""}.as(held_.access)).status, 204);
  }
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(status_of(sign_in_call(name_, "a guess").cookie(thief.refresh)), 401);
  EXPECT_EQ(status_of(sign_in_call(name_, password).cookie(held_.refresh)), 200);
}

} // namespace
} // namespace latchkey::test
