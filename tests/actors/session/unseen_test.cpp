// Answers that are lost: a refresh token stays good until its successor was seen, and no longer.
#include "tests/actors/session/one_session.hpp"
#include "tests/actors/session/watcher.hpp"

#include <cmath>
#include <random>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

std::string refresh_of(const result<messages::token_pair>& answer) {
  return answer ? std::string{answer->refresh_token.reveal()} : "no answer";
}

access_claims claims_of(actor_fixture& f, const result<messages::token_pair>& answer) {
  if (!answer) return {};
  const auto& keys = *f.env().keys;
  const auto text = answer->access_token.reveal();
  return verify(text, keys.access, "issuer", "audience", f.clock.now(), 0s)
      .value_or(access_claims{});
}

TEST(UnseenSuccessor, IsGivenAgainUntilItIsSeen) {
  one_session f;
  const auto lost = f.ask(f.actor, f.refresh(1));
  EXPECT_EQ(f.use(1), error_code::none); // what was in flight says nothing of the new ones
  f.advance(12h);
  const auto again = f.ask(f.actor, f.refresh(1));
  EXPECT_EQ(refresh_of(again), refresh_of(lost));
  EXPECT_EQ(f.stored_counter(), 2u);
  f.advance(12h - 1s);
  EXPECT_EQ(refresh_of(f.ask(f.actor, f.refresh(1))), refresh_of(lost));
  EXPECT_TRUE(f.ask(f.actor, f.refresh(2)));
}

TEST(UnseenSuccessor, EndsTheUseOfTheTokenBeforeOnceItIsSeen) {
  one_session f;
  const auto uses = [&f](std::uint64_t counter) {
    auto question = f.prove(counter);
    question.is_used = true;
    return code_of(f.ask(f.actor, std::move(question)));
  };
  EXPECT_EQ(uses(1), error_code::none);
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(uses(1), error_code::none) << "the answer may have been lost";
  EXPECT_EQ(uses(2), error_code::none);
  f.advance(f.env().policy.refresh_grace + 1s);
  EXPECT_EQ(uses(1), error_code::token_invalid);
  EXPECT_TRUE(f.ask(f.actor, f.prove(1))) << "it is one of the session's own all the same";
  EXPECT_EQ(uses(2), error_code::none) << "it ends nothing";
}

TEST(UnseenSuccessor, ComesWithAnAccessTokenThatIsGoodNow) {
  one_session f;
  const auto lost = f.ask(f.actor, f.refresh(1));
  f.advance(f.env().policy.access_ttl * 3);
  const auto again = f.ask(f.actor, f.refresh(1));
  const auto claims = claims_of(f, again);
  EXPECT_EQ(claims.counter(), 2u);
  EXPECT_EQ(time_point{std::chrono::seconds{claims.iat}}, f.clock.now());
  EXPECT_EQ(again->access_ttl_s, f.env().policy.access_ttl.count());
  EXPECT_EQ(f.use(2), error_code::none);
  EXPECT_NE(again->access_token, lost->access_token);
}

TEST(UnseenSuccessor, IsNotGivenForEver) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.advance(f.env().policy.refresh_unseen_max + 1s);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(UnseenSuccessor, IsGivenInTheGraceAloneWhenTheSettingIsOff) {
  one_session f;
  f.env().policy.refresh_unseen_max = 0s;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.advance(f.env().policy.refresh_grace);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.advance(1s);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
}

TEST(UnseenSuccessor, IsSeenByWhateverShowsIt) {
  const auto ends_after = [](auto show) {
    one_session f;
    ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
    show(f);
    f.advance(f.env().policy.refresh_grace + 1s);
    EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
    EXPECT_EQ(f.validate(), error_code::token_invalid);
  };
  ends_after([](one_session& f) { EXPECT_EQ(f.use(2), error_code::none); });
  ends_after([](one_session& f) { EXPECT_TRUE(f.ask(f.actor, f.prove(2))); });
  ends_after([](one_session& f) { EXPECT_TRUE(f.ask(f.actor, f.refresh(2))); });
  ends_after([](one_session& f) {
    watcher sockets{f};
    EXPECT_TRUE(f.ask(f.actor, messages::watch{sockets.handle(), 2}));
    sockets.unwatch(f.actor);
  });
}

TEST(UnseenSuccessor, IsRememberedAsSeenByTheStore) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_EQ(f.stored(f.record.id)->seen, 0u);
  ASSERT_EQ(f.use(2), error_code::none);
  EXPECT_EQ(f.stored(f.record.id)->seen, 2u);
  const auto written = f.commits.seen();
  ASSERT_EQ(f.use(2), error_code::none); // once
  EXPECT_EQ(f.commits.seen(), written);
  f.advance(f.env().policy.refresh_grace + 1s);
  f.start(); // another actor, from the row
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(f.store.audits().size(), 1u);
}

TEST(UnseenSuccessor, IsTakenForUnseenWhenNobodyKnows) {
  one_session f;
  const auto lost = f.ask(f.actor, f.refresh(1));
  f.store.fail_next(commit_fault::unavailable); // what says that it was seen is lost
  ASSERT_EQ(f.use(2), error_code::none);
  f.advance(1h);
  f.start();
  EXPECT_EQ(refresh_of(f.ask(f.actor, f.refresh(1))), refresh_of(lost));
}

TEST(UnseenSuccessor, DoesNotMakeATokenGoodThatIsTwoRotationsOld) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

// -- many, for long ------------------------------------------------------------------------

/// A fixture for one session after another, with connections that stay open.
struct many_sessions : one_session {
  std::unique_ptr<storage::reader> reader = store.open_reader();
  std::unique_ptr<storage::writer> writer = store.open_writer();

  /// Another actor for the same session, from its row.
  void restart() { put(*reader->find_session(record.id).value()); }
  /// Another session.
  void next() {
    record.id = session_id{make_uuid(clock.now())};
    record.salt = random_bytes(32);
    record.created_at = record.rotated_at = record.last_seen_at = clock.now();
    record.expires_at = clock.now() + env().policy.session_ttl;
    const std::vector<storage::unit> batch{{{storage::create_session{record}}}};
    ASSERT_TRUE(writer->commit(batch).front());
    put(record);
  }

private:
  void put(const session_record& row) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
    actor = spawn(session, row, shared_env(), std::uint64_t{1});
  }
};

/// One who uses the service for a week over a line that loses an answer in twenty.
class client {
public:
  client(many_sessions& on, std::mt19937& chance) : f_(on), chance_(chance) {}

  /// False: logged out.
  bool live_through(std::chrono::seconds all) {
    const auto end = f_.clock.now() + all;
    while (f_.clock.now() < end) {
      f_.clock.move(log_uniform(3'600, 172'800)); // until it is opened again
      if (one_in(10)) f_.restart();               // the actor was out of memory
      if (!refresh()) return false;
      // What came is used, at once or never.
      if (!one_in(4) && f_.use(held_) != error_code::none) return false;
    }
    return true;
  }

private:
  bool one_in(int n) { return std::uniform_int_distribution{1, n}(chance_) == 1; }
  std::chrono::seconds log_uniform(double from, double to) {
    std::uniform_real_distribution<double> power{std::log(from), std::log(to)};
    return std::chrono::seconds{static_cast<std::int64_t>(std::exp(power(chance_)))};
  }

  bool refresh() {
    for (;;) {
      const auto answer = f_.ask(f_.actor, f_.refresh(held_));
      if (!answer) return false;
      if (!one_in(20)) {
        held_ = parse_refresh_token(answer->refresh_token.reveal())->counter;
        return claims_of(f_, answer).counter() == held_;
      }
      f_.clock.move(log_uniform(1, 43'200)); // its answer was lost
    }
  }

  many_sessions& f_;
  std::mt19937& chance_;
  std::uint64_t held_ = 1;
};

TEST(UnseenSuccessor, LogsNobodyOutOfTenThousandWhoLoseAnswersForAWeek) {
  many_sessions f;
  std::mt19937 chance{20260102};
  int logged_out = 0;
#ifdef __SANITIZE_ADDRESS__ // several times as slow
  constexpr int users = 1'000;
#else
  constexpr int users = 10'000;
#endif
  for (int i = 0; i < users; ++i) {
    f.next();
    if (!client{f, chance}.live_through(7 * 24h)) ++logged_out;
  }
  EXPECT_EQ(logged_out, 0);
}

TEST(UnseenSuccessor, EndsAThousandOfAThousandSessionsWhoseTokenComesBackAfterItWasSeen) {
  many_sessions f;
  std::mt19937 chance{20260103};
  int ended = 0;
  for (int i = 0; i < 1'000; ++i) {
    f.next();
    ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
    if (chance() % 2 == 0)
      EXPECT_EQ(f.use(2), error_code::none);
    else
      EXPECT_TRUE(f.ask(f.actor, f.prove(2)) && f.use(2) == error_code::none);
    f.clock.move(f.env().policy.refresh_grace + 1s + std::chrono::seconds{chance() % 43'200});
    if (chance() % 2 == 0) f.restart();
    const auto replayed = code_of(f.ask(f.actor, f.refresh(1)));
    ended += replayed == error_code::token_invalid && f.validate() == error_code::token_invalid &&
             f.reader->find_session(f.record.id).value()->ended_at.has_value();
  }
  EXPECT_EQ(ended, 1'000);
}

} // namespace
} // namespace latchkey::test
