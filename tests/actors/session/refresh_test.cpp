// What a session answers to refresh tokens.
#include "tests/actors/session/one_session.hpp"

#include <caf/deep_to_string.hpp>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// The refresh token that the answer holds.
std::string successor(const result<messages::token_pair>& answer) {
  return answer ? std::string{answer->refresh_token.reveal()} : "no answer";
}

TEST(Session, RefusesAForgedToken) {
  one_session f;
  auto forged = f.refresh(1);
  std::string mac{forged.token.mac.reveal()};
  mac[7] = mac[7] == 'A' ? 'B' : 'A';
  forged.token.mac = secret{mac};
  EXPECT_EQ(code_of(f.ask(f.actor, forged)), error_code::token_invalid);
  EXPECT_EQ(f.commits.seen(), 0u);
  EXPECT_EQ(f.validate(), error_code::none);
}

TEST(Session, IsAskedInWordsThatDoNotPrintTheToken) {
  one_session f;
  const auto question = f.refresh(1);
  const auto printed = caf::deep_to_string(question);
  EXPECT_EQ(printed.find(question.token.mac.reveal()), std::string::npos);
}

TEST(Session, KnowsItsOwnTokensWithoutRotating) {
  one_session f;
  EXPECT_EQ(f.ask(f.actor, f.prove(1))->user, f.record.user);
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  EXPECT_TRUE(f.ask(f.actor, f.prove(1))); // whose it was is beyond doubt
  EXPECT_EQ(f.stored_counter(), 3u);
  auto forged = f.prove(3);
  forged.token.counter = 2;
  EXPECT_EQ(code_of(f.ask(f.actor, forged)), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::none);
  ASSERT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.prove(3))), error_code::token_invalid);
}

TEST(Session, RefusesATokenThatIsAheadAndStaysAlive) {
  one_session f;
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(2))), error_code::token_invalid);
  EXPECT_EQ(f.commits.seen(), 0u);
  EXPECT_EQ(f.validate(), error_code::none);
}

TEST(Session, RotatesOnceItIsDurable) {
  one_session f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.refresh(1));
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(f.stored_counter(), 1u);
  f.commits.release();
  EXPECT_EQ(successor(waiting.answer()),
            f.env().keys->refresh.issue(f.record.id, f.record.salt, 2).reveal());
  EXPECT_EQ(f.stored_counter(), 2u);
}

TEST(Session, AnswersARetriedRefreshWithTheSameSuccessor) {
  one_session f;
  const auto first = f.ask(f.actor, f.refresh(1));
  f.advance(f.env().policy.refresh_grace);
  const auto retried = f.ask(f.actor, f.refresh(1));
  ASSERT_TRUE(first && retried);
  EXPECT_EQ(first->refresh_token, retried->refresh_token);
  EXPECT_EQ(first->access_token, retried->access_token);
  EXPECT_EQ(first->access_ttl_s, retried->access_ttl_s);
  EXPECT_EQ(f.commits.seen(), 1u);
}

TEST(Session, EndsWhenARetryComesAfterTheGraceWindowAndTheSuccessorWasSeen) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_EQ(f.use(2), error_code::none);
  f.advance(f.env().policy.refresh_grace + 1us);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_TRUE(f.stored(f.record.id)->ended_at.has_value());
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(Session, RotatesOnceForSixtyFourEqualRefreshes) {
  one_session f;
  f.commits.hold_questions();
  std::vector<asked<messages::token_pair>> all;
  for (int i = 0; i < 63; ++i)
    all.push_back(f.ask_later(f.actor, f.refresh(1)));
  f.run();
  // One more while the rotation is on its way.
  all.push_back(f.begin(f.actor, f.refresh(1)));
  EXPECT_EQ(f.commits.seen(), 1u);
  f.commits.hold_nothing();
  f.commits.release();
  const auto first = all.front().answer();
  ASSERT_TRUE(first);
  for (const auto& question : all) {
    const auto answer = question.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->refresh_token, first->refresh_token);
    EXPECT_EQ(answer->access_token, first->access_token);
  }
  EXPECT_EQ(f.stored_counter(), 2u);
  EXPECT_EQ(f.commits.seen(), 1u);
}

TEST(Session, CountsWhatComesOfRefreshes) {
  one_session f;
  const auto counted = [&f](const std::string& outcome) {
    const auto text = f.counts.render();
    const auto line = "refresh_total{outcome=\"" + outcome + "\"} ";
    const auto at = text.find(line);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + line.size()));
  };
  // All are there from the start, so that a first one is seen as a rise.
  for (const auto* outcome : {"rotated", "retried", "reused", "refused"})
    EXPECT_EQ(counted(outcome), 0) << outcome;
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_TRUE(f.ask(f.actor, f.refresh(2)));
  EXPECT_FALSE(f.ask(f.actor, f.refresh(9)));
  EXPECT_FALSE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(counted("rotated"), 2);
  EXPECT_EQ(counted("retried"), 1);
  EXPECT_EQ(counted("reused"), 1);
  EXPECT_EQ(counted("refused"), 1);
}

TEST(Session, KeepsRotatingWithItsSuccessors) {
  one_session f;
  for (std::uint64_t counter = 1; counter <= 5; ++counter)
    ASSERT_TRUE(f.ask(f.actor, f.refresh(counter)));
  EXPECT_EQ(f.stored_counter(), 6u);
}

TEST(Session, EndsDurablyAndAuditedWhenAnOlderTokenComesBack) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  f.commits.hold_questions();
  auto thief = f.begin(f.actor, f.refresh(1));
  // Nobody hears of the end before it is durable.
  EXPECT_FALSE(thief.answered());
  EXPECT_FALSE(f.stored(f.record.id)->ended_at.has_value());
  f.commits.release();
  EXPECT_EQ(code_of(thief.answer()), error_code::token_invalid);
  EXPECT_TRUE(f.stored(f.record.id)->ended_at.has_value());
  ASSERT_EQ(f.store.audits().size(), 1u);
  const auto entry = f.store.audits().front();
  EXPECT_EQ(entry.action, "session.refresh_reused");
  EXPECT_EQ(entry.session, f.record.id);
  EXPECT_EQ(entry.user, f.owner.id);
  EXPECT_EQ(entry.address, "192.0.2.1");
  EXPECT_EQ(entry.request_id, "req_1");
  // The rightful holder is out as well.
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(3))), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(Session, EndsWhenAnOlderTokenComesWhileARotationIsOnItsWay) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  f.commits.hold_questions();
  auto rightful = f.begin(f.actor, f.refresh(3));
  auto thief = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.commits.held(), 2u);
  f.commits.release(0); // the rotation
  EXPECT_TRUE(rightful.answer());
  EXPECT_FALSE(thief.answered());
  f.commits.release(0); // the end
  EXPECT_EQ(code_of(thief.answer()), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(4))), error_code::token_invalid);
}

TEST(Session, IsUsableAfterTheStoreWasUnavailable) {
  one_session f;
  f.store.fail_next(commit_fault::unavailable);
  auto first = f.ask_later(f.actor, f.refresh(1));
  auto second = f.ask_later(f.actor, f.refresh(1));
  f.run();
  EXPECT_EQ(code_of(first.answer()), error_code::store_unavailable);
  EXPECT_EQ(code_of(second.answer()), error_code::store_unavailable);
  EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(f.stored_counter(), 2u);
}

TEST(Session, FindsARotationThatWasAppliedThoughItsOutcomeWasUnknown) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
  EXPECT_EQ(f.stored_counter(), 2u);
  // The client tries again with the token that it has.
  EXPECT_EQ(successor(f.ask(f.actor, f.refresh(1))),
            f.env().keys->refresh.issue(f.record.id, f.record.salt, 2).reveal());
  EXPECT_EQ(f.stored_counter(), 2u);
  // And goes on with its successor.
  EXPECT_TRUE(f.ask(f.actor, f.refresh(2)));
  EXPECT_EQ(f.stored_counter(), 3u);
}

TEST(Session, RotatesAnewWhenAnUnknownOutcomeWasNotApplied) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
  EXPECT_EQ(f.stored_counter(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(f.stored_counter(), 2u);
}

TEST(Session, HandsOutARotationThatAnUnknownOutcomeHadAppliedHoweverLateItIsFound) {
  for (const auto unseen_max : {86400s, 0s}) {
    one_session f;
    f.env().policy.refresh_unseen_max = unseen_max;
    f.store.fail_next(commit_fault::unknown_after_applying);
    EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
    f.store.set_down(true);
    for (int i = 0; i < 4; ++i) {
      f.advance(f.env().policy.refresh_grace);
      EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
    }
    f.store.set_down(false);
    EXPECT_EQ(successor(f.ask(f.actor, f.refresh(1))),
              f.env().keys->refresh.issue(f.record.id, f.record.salt, 2).reveal());
    EXPECT_TRUE(f.ask(f.actor, f.refresh(2)));
    EXPECT_EQ(f.store.audits().size(), 0u);
  }
}

TEST(Session, LearnsByItselfWhatHasBecomeOfARotationInDoubt) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
  f.advance(session_state::in_doubt_retry + 1s);
  // Nothing is asked of the store any more.
  const auto reads = f.reads.seen();
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(f.reads.seen(), reads);
  EXPECT_EQ(f.stored_counter(), 2u);
}

TEST(Session, EndsWhenARotationIsLostToAnotherWriterThatEndedIt) {
  one_session f;
  f.write({{storage::end_session{f.record.id, f.clock.now(), "elsewhere"}}});
  auto first = f.ask_later(f.actor, f.refresh(1));
  auto second = f.ask_later(f.actor, f.refresh(1));
  f.run();
  EXPECT_EQ(code_of(first.answer()), error_code::token_invalid);
  EXPECT_EQ(code_of(second.answer()), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(Session, AnswersTheStoresErrorWhenALostRotationCannotBeLookedInto) {
  one_session f;
  f.write({{storage::end_session{f.record.id, f.clock.now(), "elsewhere"}}});
  f.reads.hold_questions();
  auto waiting = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.reads.held(), 1u);
  f.store.set_down(true);
  f.reads.release();
  EXPECT_EQ(code_of(waiting.answer()), error_code::store_unavailable);
  f.store.set_down(false);
  f.reads.hold_nothing();
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
}

TEST(Session, NeverHandsOutAnAccessTokenThatOutlivesIt) {
  one_session f;
  f.advance(f.env().policy.session_ttl - 600s);
  const auto answer = f.ask(f.actor, f.refresh(1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->access_ttl_s, 600);
  EXPECT_EQ(answer->refresh_ttl_s, 600);
  const auto claims = verify(answer->access_token.reveal(), f.env().keys->access, "issuer",
                             "audience", f.clock.now(), 0s);
  ASSERT_TRUE(claims);
  EXPECT_EQ(time_point{std::chrono::seconds{claims->exp}},
            std::chrono::floor<std::chrono::seconds>(f.record.expires_at));
  EXPECT_EQ(claims->sid, f.record.id);
  EXPECT_EQ(claims->sub, f.owner.id);
}

} // namespace
} // namespace latchkey::test
