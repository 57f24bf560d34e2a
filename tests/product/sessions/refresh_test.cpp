// refresh_test.cpp — a refresh is linear: one rotation, however many ask; nothing old lives
// on; nothing ended revives.
#include "tests/product/product.hpp"

#include <algorithm>
#include <csignal>
#include <random>

namespace latchkey::test {
namespace {

constexpr std::size_t parallel = 64;

http_call refresh_call(const std::string& refresh_token) {
  return post("/auth/token/refresh").cookie(refresh_token);
}

class Refresh : public Product {
protected:
  tokens refresh(const std::string& refresh_token) const {
    const auto reply = call(refresh_call(refresh_token));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return tokens_of(reply);
  }
  bool is_dead(const tokens& held) const {
    return is_error(call(refresh_call(held.refresh)), 401, "AUTH003") &&
           is_error(call(get("/auth/me").as(held.access)), 401, "AUTH003");
  }
};
LATCHKEY_ON_BOTH_ENGINES(Refresh);

// "Auth Service API Documentation", POST /auth/token/refresh
TEST_P(Refresh, AnswersADocumentedPairAndANewCookie) {
  const auto held = on().sign_in_new_user();
  const auto reply = call(refresh_call(held.refresh));
  EXPECT_EQ(reply.status, 200);
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"access_token", "token_type", "refresh_token", "expires_in"}));
  EXPECT_EQ(body["token_type"], "bearer");
  EXPECT_EQ(body["refresh_token"], nullptr);
  const auto next = tokens_of(reply);
  EXPECT_NE(next.access, held.access);
  EXPECT_EQ(counter_of(next.refresh), counter_of(held.refresh) + 1);
  EXPECT_EQ(on().status_of_me(next.access), 200);
}

TEST_P(Refresh, RotatesOnceForSixtyFourParallelAskers) {
  const auto held = on().sign_in_new_user();
  const auto rotated = on().metric("refresh_total{outcome=\"rotated\"}");
  const std::vector<http_call> calls(parallel, refresh_call(held.refresh));
  const auto answers = in_parallel(on().server->port(), calls);
  const auto first = tokens_of(answers.front().reply);
  EXPECT_EQ(counter_of(first.refresh), counter_of(held.refresh) + 1);
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.reply.status, 200) << answer.reply.body;
    EXPECT_EQ(answer.reply.body, answers.front().reply.body);
    EXPECT_EQ(tokens_of(answer.reply).refresh, first.refresh);
  }
  EXPECT_EQ(on().metric("refresh_total{outcome=\"rotated\"}"), rotated + 1);
  EXPECT_EQ(on().status_of_me(first.access), 200);
  EXPECT_EQ(counter_of(refresh(first.refresh).refresh), counter_of(first.refresh) + 1);
}

TEST_P(Refresh, AnswersARetryWithTheSameSuccessor) {
  const auto held = on().sign_in_new_user();
  const auto lost = refresh(held.refresh);
  const auto retried = refresh(held.refresh);
  EXPECT_EQ(retried.refresh, lost.refresh);
  EXPECT_EQ(retried.access, lost.access);
}

TEST_P(Refresh, EndsTheSessionWhenTheTokenBeforeThePreviousOneComesBack) {
  const auto first = on().sign_in_new_user();
  const auto second = refresh(first.refresh);
  const auto third = refresh(second.refresh);
  EXPECT_EQ(on().status_of_me(third.access), 200);
  EXPECT_TRUE(is_error(call(refresh_call(first.refresh)), 401, "AUTH003"));
  for (const auto& held : {first, second, third})
    EXPECT_TRUE(is_dead(held));
  const auto session = first.refresh.substr(0, first.refresh.find('.'));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE session_id = '" + session +
                             "' AND action = 'session.refresh_reused'"),
            1);
}

TEST_P(Refresh, LeavesOtherSessionsOfTheUserAlone) {
  const auto name = new_name();
  on().add_user(name);
  const auto other = on().sign_in(name);
  const auto first = on().sign_in(name);
  refresh(refresh(first.refresh).refresh);
  EXPECT_TRUE(is_error(call(refresh_call(first.refresh)), 401, "AUTH003"));
  EXPECT_EQ(on().status_of_me(other.access), 200);
  EXPECT_FALSE(refresh(other.refresh).access.empty());
}

TEST_P(Refresh, RefusesATokenThatIsNotGenuine) {
  const auto held = on().sign_in_new_user();
  auto other_mac = held.refresh;
  other_mac.back() = other_mac.back() == 'A' ? 'Q' : 'A';
  const auto dot = held.refresh.find('.');
  const auto ahead = held.refresh.substr(0, dot) + ".2" + held.refresh.substr(dot + 2);
  const auto stranger = "00000000-0000-7000-8000-000000000000" + held.refresh.substr(dot);
  for (const auto& token : {other_mac, ahead, stranger, held.access, std::string{"x"},
                            held.refresh + ".", std::string(5000, '.')})
    EXPECT_TRUE(is_error(call(refresh_call(token)), 401, "AUTH003")) << token;
  // Who guesses does not end anybody's session.
  EXPECT_FALSE(refresh(held.refresh).access.empty());
}

TEST_P(Refresh, IsRefusedAfterALogoutWasAnswered) {
  const auto held = on().sign_in_new_user();
  const auto newer = refresh(held.refresh);
  ASSERT_EQ(call(post("/auth/logout").as(newer.access)).status, 200);
  for (const auto& token : {held, newer})
    EXPECT_TRUE(is_dead(token));
}

TEST_P(Refresh, NeverRevivesASessionThatALogoutEndsMeanwhile) {
  std::mt19937 random{20250615};
  const auto name = new_name();
  on().add_user(name);
  for (int round = 0; round < 8; ++round) {
    const auto held = on().sign_in(name);
    std::vector<http_call> calls(32, refresh_call(held.refresh));
    const auto logout_at = random() % calls.size();
    calls.insert(calls.begin() + static_cast<std::ptrdiff_t>(logout_at),
                 post("/auth/logout").as(held.access));
    const auto answers = in_parallel(on().server->port(), calls);
    EXPECT_EQ(answers[logout_at].reply.status, 200) << answers[logout_at].reply.body;
    std::vector<tokens> handed_out{held};
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (i == logout_at) continue;
      if (answers[i].reply.status == 200)
        handed_out.push_back(tokens_of(answers[i].reply));
      else
        EXPECT_TRUE(is_error(answers[i].reply, 401, "AUTH003"));
    }
    for (const auto& token : handed_out)
      EXPECT_TRUE(is_dead(token)) << "round " << round;
  }
}

// -- over the end of a server ----------------------------------------------------------------

class Restart : public testing::TestWithParam<std::tuple<std::string, int>> {
protected:
  product one_{std::get<0>(GetParam()), {{"REFRESH_GRACE", "300"}}};
  void restart() {
    if (std::get<1>(GetParam()) == SIGTERM)
      EXPECT_EQ(one_.server->stop(), 0);
    else
      one_.server->kill();
    one_.start();
  }
  tokens refresh(const std::string& refresh_token) const {
    return tokens_of(one_.call(refresh_call(refresh_token)));
  }
};
INSTANTIATE_TEST_SUITE_P(Product, Restart,
                         testing::Combine(testing::Values("sqlite", "postgresql"),
                                          testing::Values(SIGTERM, SIGKILL)),
                         [](const auto& made) {
                           return std::get<0>(made.param) +
                                  (std::get<1>(made.param) == SIGTERM ? "_sigterm" : "_sigkill");
                         });

TEST_P(Restart, KeepsSessionsTheirGraceAndTheirLine) {
  const auto first = one_.sign_in_new_user();
  const auto second = refresh(first.refresh);
  const auto ended = one_.sign_in_new_user();
  ASSERT_EQ(one_.call(post("/auth/logout").as(ended.access)).status, 200);
  restart();
  EXPECT_EQ(one_.status_of_me(first.access), 200);
  EXPECT_EQ(one_.status_of_me(second.access), 200);
  EXPECT_EQ(one_.status_of_me(ended.access), 401);
  EXPECT_EQ(one_.call(refresh_call(ended.refresh)).status, 401);

  const auto retried = refresh(first.refresh);
  EXPECT_EQ(retried.refresh, second.refresh);
  EXPECT_EQ(retried.access, second.access);
  const auto third = refresh(second.refresh);
  EXPECT_EQ(counter_of(third.refresh), counter_of(first.refresh) + 2);
  restart();
  EXPECT_TRUE(is_error(one_.call(refresh_call(first.refresh)), 401, "AUTH003"));
  restart();
  EXPECT_EQ(one_.call(refresh_call(third.refresh)).status, 401);
  EXPECT_EQ(one_.status_of_me(third.access), 401);
  EXPECT_EQ(one_.server->stop(), 0);
}

// -- without a grace ----------------------------------------------------------------------------

class Grace : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(Grace);

TEST_P(Grace, EndsTheSessionOfAPreviousTokenWhenItIsOver) {
  product instance{GetParam(), {{"REFRESH_GRACE", "0"}}};
  const auto first = instance.sign_in_new_user();
  const auto second = tokens_of(instance.call(refresh_call(first.refresh)));
  EXPECT_EQ(instance.status_of_me(second.access), 200);
  EXPECT_TRUE(is_error(instance.call(refresh_call(first.refresh)), 401, "AUTH003"));
  EXPECT_EQ(instance.call(refresh_call(second.refresh)).status, 401);
  EXPECT_EQ(instance.status_of_me(second.access), 401);
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test
