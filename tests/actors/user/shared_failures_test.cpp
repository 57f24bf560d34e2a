// How many wrong passwords of an account are compared on all nodes together.
#include "actors/store/redis.hpp"
#include "one_user.hpp"
#include "tests/support/redis_server.hpp"

namespace latchkey::test {
namespace {

constexpr std::chrono::milliseconds long_wait_max{30'000};

/// A node, and what Redis has of the account's window by another one.
struct one_of_two_nodes : one_user {
  redis_server server;
  std::shared_ptr<shared_rate_limiter> limiter = std::make_shared<shared_rate_limiter>();
  storage::redis_rate_windows other{server.address(), long_wait_max};
  std::string key;

  one_of_two_nodes() {
    env().policy.login_failures = {10, 900};
    env().redis = spawn(redis, server.address(), &clock, &counts, limiter, long_wait_max);
    limiter->tell(env().redis);
    env().limiter = limiter;
    key = "login:" + to_string(record.id);
  }

  /// The other node compares so many; answers the window's name.
  std::uint64_t hold_elsewhere(std::uint32_t count) {
    storage::rate_question question;
    question.key = key;
    question.limit = 10;
    question.window_s = 900;
    question.wanted = count;
    question.holds = true;
    const auto answers = other.run({}, {question});
    EXPECT_TRUE(answers && answers->front().granted == count);
    return answers ? answers->front().window : 0;
  }
  void settle_elsewhere(std::uint64_t window, std::uint32_t count, bool counts_as_wrong) {
    const std::vector<storage::rate_change> changes(
        count, storage::rate_settlement{key, window, counts_as_wrong});
    EXPECT_TRUE(other.run(changes, {}));
  }
  std::string used() { return server.command({"HGET", "latchkey:rate:" + key, "used"}).text; }

  std::vector<asked<messages::token_pair>> begin_all(std::size_t count,
                                                     const std::string& password) {
    std::vector<asked<messages::token_pair>> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(begin(actor, sign_in(password)));
    return all;
  }
};

TEST(UserFailuresOfAllNodes, AreComparedExactlyAsOftenAsTheLimitSays) {
  one_of_two_nodes f;
  f.settle_elsewhere(f.hold_elsewhere(6), 6, true);
  for (const auto& question : f.begin_all(40, "wrong"))
    EXPECT_EQ(code_of(question.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 4u);
  EXPECT_EQ(f.hashes.seen(), 40u) << "the others cost as much";
}

TEST(UserFailuresOfAllNodes, AreForgottenAfterTheRightPassword) {
  one_of_two_nodes f;
  f.settle_elsewhere(f.hold_elsewhere(9), 9, true);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.used(), "") << "nothing is left of the window";
  f.hold_elsewhere(10);
}

TEST(UserFailuresOfAllNodes, CountStillWhereTheyAreComparedWhenTheRightOneComes) {
  one_of_two_nodes f;
  f.hold_elsewhere(3);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.used(), "3");
}

TEST(UserFailuresOfAllNodes, MakeARightPasswordWaitWhileTheyAreBeingCompared) {
  one_of_two_nodes f;
  const auto window = f.hold_elsewhere(10);
  const auto right = f.begin(f.actor, f.sign_in("correct horse"));
  f.advance(1s);
  EXPECT_FALSE(right.answered());
  f.settle_elsewhere(window, 1, false);
  f.advance(1s);
  EXPECT_TRUE(right.answer());
}

TEST(UserFailuresOfAllNodes, LockTheAccountOnceTheyAreCompared) {
  one_of_two_nodes f;
  const auto window = f.hold_elsewhere(10);
  const auto right = f.begin(f.actor, f.sign_in("correct horse"));
  f.settle_elsewhere(window, 10, true);
  f.advance(1s);
  EXPECT_EQ(code_of(right.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 0u);
}

TEST(UserFailuresOfAllNodes, MakeNobodyWaitForEver) {
  one_of_two_nodes f;
  f.hold_elsewhere(10); // by a node that has died
  const auto right = f.begin(f.actor, f.sign_in("correct horse"));
  f.advance(redis_state::held_wait_max + 1s);
  EXPECT_EQ(code_of(right.answer()), error_code::invalid_credentials);
}

TEST(UserFailuresOfAllNodes, AreThisNodesPartWhileRedisIsAway) {
  one_of_two_nodes f;
  f.limiter->set_members(2);
  f.server.stop();
  for (const auto& question : f.begin_all(20, "wrong"))
    EXPECT_FALSE(question.answer());
  EXPECT_EQ(f.compared(), 5u);
}

} // namespace
} // namespace latchkey::test
