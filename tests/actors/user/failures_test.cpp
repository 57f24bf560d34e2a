// How many wrong passwords of an account are compared, however many come at once.
#include "actors/password/password_hasher.hpp"
#include "one_user.hpp"

namespace latchkey::test {
namespace {

using answers = std::vector<asked<messages::token_pair>>;

struct many_sign_ins : one_user {
  many_sign_ins() { env().policy.login_failures = {10, 900}; }

  /// All are in the mailbox before the first is looked at, and no verdict comes before all wait.
  answers begin_all(std::size_t count, const std::string& password) {
    answers all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(begin(actor, sign_in(password)));
    return all;
  }
  void release_all() {
    while (hashes.held() > 0)
      hashes.release();
  }
};

TEST(UserFailures, ComparesExactlyTheLimitOfAHundredParallelWrongPasswords) {
  many_sign_ins f;
  f.hashes.hold_answers();
  const auto all = f.begin_all(100, "wrong");
  EXPECT_EQ(f.hashes.held(), 10u);
  f.hashes.hold_nothing();
  f.release_all();
  for (const auto& question : all)
    EXPECT_EQ(code_of(question.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 10u);
  EXPECT_EQ(f.hashes.seen(), 100u); // the others cost as much, compared with nothing
}

TEST(UserFailures, ComparesExactlyTheLimitOfWrongPasswordsOneAfterTheOther) {
  many_sign_ins f;
  for (int i = 0; i < 15; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("wrong"))), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 10u);
  EXPECT_EQ(f.hashes.seen(), 15u);
}

TEST(UserFailures, SignsInFiftyParallelRightPasswords) {
  many_sign_ins f;
  f.hashes.hold_answers();
  const auto all = f.begin_all(50, "correct horse");
  EXPECT_EQ(f.hashes.held(), 10u);
  f.release_all();
  for (const auto& question : all)
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.live_sessions(), 50u);
}

TEST(UserFailures, ComparesNothingWhileTheAccountIsLocked) {
  many_sign_ins f;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  // The right password hears what a wrong one hears, after as much work.
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 11u);
  EXPECT_EQ(f.compared(), 10u);
  EXPECT_EQ(f.live_sessions(), 0u);
}

TEST(UserFailures, StaysLockedWhenTheActorIsAnother) {
  many_sign_ins f;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  f.env().policy.memory_idle = 60s; // shorter than the window
  f.advance(240s);
  ASSERT_TRUE(f.begin(f.actor, messages::describe_user{}).is_gone());
  f.actor = f.find(f.record.id).value();
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.compared(), 10u);
}

TEST(UserFailures, OpensAgainWhenTheWindowIsOver) {
  many_sign_ins f;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  f.clock.move(900s);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserFailures, ForgetsThemAfterTheRightPassword) {
  many_sign_ins f;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i)
      EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
    EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse"))) << round;
  }
}

TEST(UserFailures, StillCountsThoseThatWereBeingComparedWhenTheRightOneCame) {
  many_sign_ins f;
  f.env().policy.login_failures = {3, 900};
  f.hashes.hold_answers();
  auto right = f.begin(f.actor, f.sign_in("correct horse"));
  auto wrong = f.begin_all(2, "wrong");
  f.hashes.hold_nothing();
  f.hashes.release(); // the right one's
  EXPECT_TRUE(right.answer());
  f.release_all();
  // Two of three are taken: one more is compared, and no other.
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.compared(), 4u);
}

TEST(UserFailures, LetsOneWaitUntilItIsKnownWhetherAnotherWasRight) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  f.hashes.hold_answers();
  auto first = f.begin(f.actor, f.sign_in("correct horse"));
  auto second = f.begin(f.actor, f.sign_in("correct horse"));
  EXPECT_EQ(f.hashes.seen(), 1u);
  f.hashes.hold_nothing();
  f.hashes.release();
  EXPECT_TRUE(first.answer());
  EXPECT_TRUE(second.answer());
}

TEST(UserFailures, CountsNothingThatWasNotCompared) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  const auto real = f.env().hasher;
  f.env().hasher = f.spawn(
      [](password_hasher_actor::pointer, caf::unit_t) {
        return password_hasher_actor::behavior_type{
            [](messages::hash_password&) -> caf::result<messages::hashed> {
              return to_error(error_code::overloaded);
            },
            [](messages::verify_password&) -> caf::result<messages::verdict> {
              return to_error(error_code::overloaded);
            }};
      },
      caf::unit);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("wrong"))), error_code::overloaded);
  f.env().hasher = real;
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserFailures, RefusesMoreThanMayWait) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  f.hashes.hold_answers();
  const auto all = f.begin_all(failure_gate::waiting_max + 2, "wrong");
  // In the very words of the hashers' queue, which is all that refuses a name that nobody has.
  const auto refused = all.back().answer();
  ASSERT_EQ(code_of(refused), error_code::overloaded);
  EXPECT_EQ(refused.error().reason, too_many_sign_ins().reason);
  EXPECT_EQ(refused.error().retry_after_s, too_many_sign_ins().retry_after_s);
  EXPECT_EQ(f.counts.overload_refusals("sign_ins").value(), 1u);
  EXPECT_FALSE(all[all.size() - 2].answered());
  f.hashes.hold_nothing();
  f.release_all();
  EXPECT_EQ(code_of(all[all.size() - 2].answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 1u);
}

TEST(UserFailures, ComparesNothingMoreWhileTheActorIsShutDown) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  f.hashes.hold_questions();
  const auto all = f.begin_all(2, "correct horse");
  caf::anon_send_exit(f.actor, caf::exit_reason::user_shutdown);
  f.run();
  for (const auto& question : all)
    EXPECT_EQ(code_of(question.answer()), error_code::internal_error);
  EXPECT_EQ(f.hashes.seen(), 1u);
}

TEST(UserFailures, GivesNothingBackOfALaterWindow) {
  many_sign_ins f;
  f.env().policy.login_failures = {2, 900};
  f.hashes.hold_answers();
  auto early = f.begin(f.actor, f.sign_in("correct horse"));
  f.clock.move(900s);
  f.hashes.hold_nothing();
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong"))); // of the next window
  // Nothing comes of the early one: its user is no longer active.
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  f.hashes.release();
  EXPECT_FALSE(early.answer());
  EXPECT_EQ(
      f.env().limiter->look("login:" + to_string(f.record.id), {2, 900}, f.clock.now()).remaining,
      1u);
}

TEST(UserFailures, OfTheCurrentPasswordHaveABudgetOfTheirOwn) {
  many_sign_ins f;
  f.env().policy.login_failures = {2, 900};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.change("wrong", "another battery staple"))),
              error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 2u);
  EXPECT_EQ(code_of(f.ask(f.actor, f.change("correct horse", "another battery staple"))),
            error_code::invalid_credentials);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserFailures, OfStrangersDoNotShutOutWhoChangesThePassword) {
  many_sign_ins f;
  f.env().policy.login_failures = {2, 900};
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  EXPECT_TRUE(f.ask(f.actor, f.change("correct horse", "another battery staple")));
}

TEST(UserFailures, OfStrangersDoNotShutOutAClientOfTheAccount) {
  many_sign_ins f;
  f.env().policy.login_failures = {2, 900};
  const auto from_known_client = [&f](const std::string& password) {
    auto request = f.sign_in(password);
    request.budget = failure_budget::known_client;
    return request;
  };
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_TRUE(f.ask(f.actor, from_known_client("correct horse")));
  // Its own are counted too.
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(f.ask(f.actor, from_known_client("wrong")));
  EXPECT_FALSE(f.ask(f.actor, from_known_client("correct horse")));
}

struct a_row_of_failures : many_sign_ins {
  a_row_of_failures() {
    env().policy.login_failures = {3, 900};
    env().policy.login_failures_in_a_row_max = 7;
  }
  /// As many wrong ones as there is time for.
  void guess() {
    for (int i = 0; i < 4; ++i) {
      for (int k = 0; k < 4; ++k)
        EXPECT_FALSE(ask(actor, sign_in("wrong")));
      clock.move(900s);
    }
  }
  std::int64_t stored_failures() { return stored_user().failures_in_a_row[0]; }
};

TEST(UserFailures, InARowAreNoMoreThanTheLimitHoweverLongItTakes) {
  a_row_of_failures f;
  f.guess();
  EXPECT_EQ(f.compared(), 7u);
  EXPECT_EQ(f.stored_failures(), 7);
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.compared(), 7u);
}

TEST(UserFailures, InARowAreExactWhenManyComeAtOnce) {
  a_row_of_failures f;
  f.env().policy.login_failures = {100, 900};
  f.hashes.hold_answers();
  const auto all = f.begin_all(50, "wrong");
  f.hashes.hold_nothing();
  f.release_all();
  for (const auto& question : all)
    EXPECT_EQ(code_of(question.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 7u);
  EXPECT_EQ(f.stored_failures(), 7);
}

TEST(UserFailures, InARowAreKnownToAnotherActor) {
  a_row_of_failures f;
  f.guess();
  f.env().policy.memory_idle = 60s;
  f.advance(240s);
  ASSERT_TRUE(f.begin(f.actor, messages::describe_user{}).is_gone());
  f.actor = f.find(f.record.id).value();
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.compared(), 7u);
}

TEST(UserFailures, InARowEndWithTheRightPassword) {
  a_row_of_failures f;
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored_failures(), 0);
  f.guess();
  EXPECT_EQ(f.compared(), 10u);
}

TEST(UserFailures, ALockedAccountCostsWhatItsOwnHashCosts) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  const auto* asked = f.hashes.question_if<messages::verify_password>(1);
  ASSERT_NE(asked, nullptr);
  EXPECT_TRUE(asked->is_for_nothing);
  EXPECT_EQ(asked->phc, f.record.password_hash);
}

TEST(UserFailures, CountsNobodyElsesFailures) {
  many_sign_ins f;
  f.env().policy.login_failures = {1, 900};
  const auto other = f.find(f.add_user("grace", "plain:correct horse").id).value();
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  EXPECT_TRUE(f.ask(other, f.sign_in("correct horse")));
}

} // namespace
} // namespace latchkey::test
