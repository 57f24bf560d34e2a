// The mailer: which mails it sends, when, how often, and what it does about losses.
#include "actors/mail/mailer.hpp"

#include "tests/support/actor_fixture.hpp"

#include <algorithm>
#include <filesystem>

namespace latchkey::test {

/// Answer those who wait for their mail to go: it was sent, or nobody ever says.
struct release_mails {
  bool sent = true;
};

} // namespace latchkey::test

LATCHKEY_LOCAL_MESSAGE(latchkey::test::release_mails)

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using outcome = messages::mail_outcome;

/// What a fake transport was asked and what it says.
struct transport_control {
  std::vector<mail_record> sent;
  std::vector<messages::mail_attempted> replies; // the last one stays
  std::shared_ptr<const std::atomic<bool>> called_off;
  bool holds = false;
  std::vector<promise<messages::mail_attempted>> held;
};

using fake_transport_actor = mail_transport_actor::extend<notice<release_mails>>;

fake_transport_actor::behavior_type fake_transport(fake_transport_actor::pointer self,
                                                   transport_control* control) {
  return {[self, control](messages::send_mail& m) -> caf::result<messages::mail_attempted> {
            control->sent.push_back(m.mail);
            control->called_off = m.called_off;
            promise<messages::mail_attempted> answer{self};
            if (control->holds) {
              control->held.push_back(answer);
              return answer;
            }
            auto& replies = control->replies;
            answer.deliver(replies.front());
            if (replies.size() > 1) replies.erase(replies.begin());
            return answer;
          },
          [control](release_mails& order) {
            const auto held = std::exchange(control->held, {});
            if (!order.sent) return;
            for (const auto& answer : held)
              answer.deliver(messages::mail_attempted{outcome::sent});
          }};
}

class MailerTest : public testing::Test {
protected:
  void start() {
    transport_ = f_.spawn(fake_transport, &carrier_);
    actor_ = f_.spawn(mailer, f_.shared_env(), transport_);
  }

  void release(release_mails order) {
    caf::anon_send(transport_, order);
    f_.run();
  }

  uuid add(const std::string& recipient = "ada@example.com") {
    auto fact = writer_.password_changed(recipient, f_.clock.now());
    const auto id = fact.mail.id;
    f_.write({{std::move(fact)}});
    return id;
  }
  void wake() {
    caf::anon_send(actor_, messages::mail_waiting{});
    f_.run();
  }
  /// In steps, as timers are set anew when they go off.
  void advance(std::chrono::microseconds by) {
    for (const auto step = std::min<std::chrono::microseconds>(by, 1s); by > 0s; by -= step)
      f_.advance(step);
  }
  /// In whole seconds, until one mail more is sent.
  std::chrono::seconds wait_for_next() {
    const auto sent = carrier_.sent.size();
    std::chrono::seconds waited{0};
    while (carrier_.sent.size() == sent && waited < 60s) {
      advance(1s);
      waited += 1s;
    }
    return waited;
  }
  std::vector<mail_record> waiting() {
    return *f_.store.open_reader()->answer_to(
        storage::due_mails{f_.clock.now() + std::chrono::hours{48}, 1000});
  }
  std::size_t audits(const std::string& action) {
    const auto all = f_.store.audits();
    return static_cast<std::size_t>(std::ranges::count(all, action, &audit_record::action));
  }
  std::uint64_t counted(const std::string& label) { return f_.counts.mails(label).value(); }

  actor_fixture f_;
  mail_writer writer_{"https://auth.example.com", "", secret{"some key"s}};
  transport_control carrier_{
      .sent = {}, .replies = {{outcome::sent}}, .called_off = {}, .held = {}};
  fake_transport_actor transport_;
  mailer_actor actor_;
};

TEST_F(MailerTest, TriesAgainLaterEachTimeAndSendsOnce) {
  carrier_.replies = {{}, {}, {outcome::sent}};
  const auto id = add();
  start();
  ASSERT_EQ(carrier_.sent.size(), 1u);
  EXPECT_EQ(carrier_.sent[0].id, id);
  const auto first = wait_for_next();
  EXPECT_TRUE(first >= 4s && first <= 7s) << first.count() << " s, not 5, a quarter more or less";
  const auto second = wait_for_next();
  EXPECT_TRUE(second >= 8s && second <= 13s) << second.count() << " s, not 10";
  advance(300s);
  EXPECT_EQ(carrier_.sent.size(), 3u);
  EXPECT_TRUE(waiting().empty());
  EXPECT_EQ(counted("failed"), 2u);
  EXPECT_EQ(counted("sent"), 1u);
  EXPECT_EQ(f_.counts.mails_waiting.value(), 0);
}

TEST_F(MailerTest, GivesUpAtOnceWhatIsRefusedForGood) {
  carrier_.replies = {{outcome::refused}};
  add();
  start();
  advance(120s);
  EXPECT_EQ(carrier_.sent.size(), 1u);
  EXPECT_TRUE(waiting().empty());
  EXPECT_EQ(audits("mail.given_up"), 1u);
  EXPECT_EQ(counted("given_up"), 1u);
}

TEST_F(MailerTest, GivesUpAfterADay) {
  carrier_.replies = {{}};
  add();
  start();
  for (int hour = 0; hour < 22; ++hour) // the next may be an hour and a quarter away
    f_.advance(std::chrono::hours{1});
  EXPECT_EQ(audits("mail.given_up"), 0u);
  EXPECT_EQ(waiting().size(), 1u);
  const auto tried = carrier_.sent.size();
  EXPECT_GE(tried, 10u);
  f_.advance(std::chrono::hours{2});
  f_.advance(std::chrono::hours{2});
  EXPECT_EQ(audits("mail.given_up"), 1u);
  EXPECT_TRUE(waiting().empty());
  EXPECT_LE(carrier_.sent.size(), tried + 3);
}

TEST_F(MailerTest, WaitsLongerAndLongerUpToAnHour) {
  EXPECT_EQ(mail_backoff(1, 0.5), 5s);
  EXPECT_EQ(mail_backoff(2, 0.5), 10s);
  EXPECT_EQ(mail_backoff(5, 0.5), 80s);
  EXPECT_EQ(mail_backoff(11, 0.5), 3600s);
  EXPECT_EQ(mail_backoff(4'000'000'000, 0.5), 3600s);
  EXPECT_EQ(mail_backoff(1, 0), 3750ms);
  EXPECT_EQ(mail_backoff(1, 1), 6250ms);
}

TEST_F(MailerTest, SendsWhatAnEarlierRunHasLeft) {
  const auto first = add("ada@example.com");
  const auto second = add("bob@example.com");
  start();
  ASSERT_EQ(carrier_.sent.size(), 2u);
  EXPECT_TRUE((carrier_.sent[0].id == first) != (carrier_.sent[0].id == second));
  EXPECT_TRUE(waiting().empty());
}

TEST_F(MailerTest, SendsAtOnceWhenItIsToldAndSoonWhenItIsNot) {
  start();
  add();
  wake();
  EXPECT_EQ(carrier_.sent.size(), 1u);
  add("bob@example.com"); // as another node does that ends before it says a word
  EXPECT_EQ(carrier_.sent.size(), 1u);
  advance(mail_look_every + 1s);
  EXPECT_EQ(carrier_.sent.size(), 2u);
}

TEST_F(MailerTest, LeavesAMailAloneThatAnotherSends) {
  const auto id = add();
  const auto now = f_.clock.now();
  f_.write({{storage::lease_mail{id, now, now + mail_lease}}});
  start();
  advance(mail_lease - 10s);
  EXPECT_TRUE(carrier_.sent.empty());
  advance(20s); // the other one has died
  EXPECT_EQ(carrier_.sent.size(), 1u);
  EXPECT_TRUE(waiting().empty());
}

TEST_F(MailerTest, LosesTheRaceForALeaseWithoutSending) {
  add();
  f_.commits.hold_questions();
  start();
  const auto now = f_.clock.now();
  f_.write({{storage::lease_mail{waiting().front().id, now, now + mail_lease}}});
  f_.commits.hold_nothing();
  f_.commits.release();
  EXPECT_TRUE(carrier_.sent.empty());
}

TEST_F(MailerTest, SendsNothingTwiceWhileTheStoreTakesNoOutcome) {
  carrier_.holds = true;
  add("ada@example.com");
  add("bob@example.com");
  start();
  ASSERT_EQ(carrier_.held.size(), 1u);
  f_.store.set_disk_full(true);
  carrier_.holds = false;
  release({});
  advance(mail_lease + 30s); // longer than its own lease
  EXPECT_EQ(carrier_.sent.size(), 1u);
  EXPECT_EQ(waiting().size(), 2u);
  f_.store.set_disk_full(false);
  advance(10s);
  EXPECT_EQ(carrier_.sent.size(), 2u);
  EXPECT_NE(carrier_.sent[0].id, carrier_.sent[1].id);
  EXPECT_TRUE(waiting().empty());
}

TEST_F(MailerTest, GoesOnWhenTheStoreComesBack) {
  add();
  f_.store.set_down(true);
  start();
  advance(20s);
  EXPECT_TRUE(carrier_.sent.empty());
  f_.store.set_down(false);
  advance(mail_look_every + 1s);
  EXPECT_EQ(carrier_.sent.size(), 1u);
}

TEST_F(MailerTest, WaitsWhenTheStoreTakesNoLeaseHoweverManyAreDue) {
  for (std::size_t i = 0; i < mails_looked_at_max; ++i)
    add();
  f_.store.set_disk_full(true);
  start();
  EXPECT_EQ(f_.commits.seen(), 1u);
  advance(mail_look_every + 1s);
  EXPECT_EQ(f_.commits.seen(), 2u);
  f_.store.set_disk_full(false);
  advance(mail_look_every + 1s);
  EXPECT_TRUE(waiting().empty());
}

TEST_F(MailerTest, LooksOnWhenTheClockIsSetBack) {
  start();
  f_.clock.move(-1s);
  advance(mail_look_every + 1s);
  add();
  advance(mail_look_every + 1s);
  EXPECT_EQ(carrier_.sent.size(), 1u);
}

TEST_F(MailerTest, TriesAgainAsSoonWhenTheClockIsSetBack) {
  carrier_.replies = {{}, {}, {outcome::sent}};
  add();
  start();
  ASSERT_EQ(carrier_.sent.size(), 1u);
  f_.clock.step(-1h);
  EXPECT_LE(wait_for_next(), 7s);
  f_.clock.step(-1h);
  EXPECT_LE(wait_for_next(), 13s);
  EXPECT_EQ(counted("sent"), 1u);
}

TEST_F(MailerTest, CountsThoseThatWaitWhenItCannotLook) {
  carrier_.replies = {{}};
  add();
  start();
  EXPECT_EQ(f_.counts.mails_waiting.value(), 1);
  f_.store.set_down(true);
  advance(60s);
  EXPECT_EQ(f_.counts.mails_waiting.value(), 1);
}

TEST_F(MailerTest, LeavesMailsDueWhenTheTransportHasEnded) {
  start();
  caf::anon_send_exit(transport_, caf::exit_reason::user_shutdown);
  f_.run();
  add();
  wake();
  f_.advance(mail_lifetime + 10s);
  EXPECT_EQ(waiting().size(), 1u);
  EXPECT_EQ(audits("mail.given_up"), 0u);
  EXPECT_EQ(counted("failed"), 0u);
}

TEST_F(MailerTest, CallsAnAttemptOffWhenItEnds) {
  carrier_.holds = true;
  add();
  start();
  ASSERT_TRUE(carrier_.called_off);
  EXPECT_FALSE(carrier_.called_off->load());
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  actor_ = nullptr;
  f_.run();
  EXPECT_TRUE(carrier_.called_off->load());
  release({.sent = false});
}

TEST_F(MailerTest, SendsMoreThanOneLookFinds) {
  for (std::size_t i = 0; i < mails_looked_at_max + 5; ++i)
    add();
  start();
  EXPECT_EQ(carrier_.sent.size(), mails_looked_at_max + 5);
  EXPECT_TRUE(waiting().empty());
}

} // namespace
} // namespace latchkey::test
