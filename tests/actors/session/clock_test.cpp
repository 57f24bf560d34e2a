// A session while somebody sets the clock back: nothing lasts longer, nothing revives, and nobody
// is logged out.
#include "tests/actors/session/one_session.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(SessionClock, SetBackDoesNotMakeTheGraceLonger) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_EQ(f.use(2), error_code::none);
  f.clock.step(-2h);
  f.clock.move(f.env().policy.refresh_grace + 1s);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionClock, SetBackBeforeARestartDoesNotMakeTheGraceLonger) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_EQ(f.use(2), error_code::none);
  f.clock.step(-2h);
  f.clock.move(f.env().policy.refresh_grace + 1s);
  f.start();
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
}

TEST(SessionClock, SetBackLogsNobodyOutWhoseAnswerWasLost) {
  for (const bool restarts : {false, true}) {
    one_session f;
    const auto lost = f.ask(f.actor, f.refresh(1));
    f.clock.step(-2h);
    f.clock.move(12h);
    if (restarts) f.start();
    const auto again = f.ask(f.actor, f.refresh(1));
    ASSERT_TRUE(lost && again);
    EXPECT_EQ(again->refresh_token, lost->refresh_token);
    // And the window is as long as ever.
    f.clock.move(12h + 1s);
    EXPECT_EQ(f.ask(f.actor, f.refresh(1)).has_value(), restarts);
  }
}

TEST(SessionClock, SetForwardLogsNobodyOutWhoseAnswerWasLost) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.clock.step(48h);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
}

TEST(SessionClock, SetBackLeavesAccessTokensGoodForTheirTimeAndNoLonger) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.clock.step(-2h);
  EXPECT_EQ(f.use(2), error_code::none);
  EXPECT_EQ(f.use(1), error_code::none); // in flight
  f.clock.move(f.env().policy.access_ttl + session_state::access_leeway);
  EXPECT_EQ(f.use(2), error_code::token_expired);
  EXPECT_EQ(f.use(1), error_code::token_expired);
  // And a new one is good.
  EXPECT_TRUE(f.ask(f.actor, f.refresh(2)));
  EXPECT_EQ(f.use(3), error_code::none);
}

TEST(SessionClock, SetBackLeavesTheSessionItsTimeAndNoLonger) {
  one_session f;
  f.env().policy.session_idle_ttl = 0s;
  f.clock.move(1h);
  f.clock.step(-24h);
  f.clock.move(f.env().policy.session_ttl - 1h - 1s);
  EXPECT_EQ(f.validate(), error_code::none);
  f.clock.move(1s);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionClock, SetBackLeavesAnIdleSessionItsTimeAndNoLonger) {
  one_session f;
  f.env().policy.session_idle_ttl = 1h;
  f.clock.step(-24h);
  f.clock.move(1h - 1s);
  EXPECT_EQ(f.validate(), error_code::none);
  f.clock.move(1s);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionClock, SetBackDoesNotKeepWhatIsSeenFromTheStore) {
  one_session f;
  f.clock.step(-2h);
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_EQ(f.use(2), error_code::none);
  EXPECT_EQ(f.stored(f.record.id)->seen, 2u);
}

TEST(SessionClock, SetForwardOrBackDropsNoRequestAsLate) {
  one_session f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.refresh(1));
  f.clock.step(1h);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(waiting.answer());
}

} // namespace
} // namespace latchkey::test
