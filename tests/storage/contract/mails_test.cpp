// What every engine does with mails on their way out.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

mail_record make_mail(time_point due = noon) {
  mail_record m;
  m.id = make_uuid(noon);
  m.kind = "password_reset";
  m.recipient = "ann@example.org";
  m.sealed = "c2VhbGVk";
  m.created_at = noon;
  m.next_attempt_at = due;
  return m;
}

class Mails : public Contract {
protected:
  std::vector<mail_record> due(time_point now, std::size_t limit = 64) {
    return ask(*reader_, due_mails{now, limit});
  }
  /// Makes every mail a due one again, whatever became of it, past the store.
  void unsettle() { engine_->execute("UPDATE mails SET sent_at = NULL, given_up_at = NULL"); }
};
LATCHKEY_ON_EVERY_ENGINE(Mails);

settle_mail settled(settle_mail::outcome became, const uuid& mail, time_point at,
                    time_point next = {}) {
  return {became, mail, at, next};
}
using became = settle_mail::outcome;

TEST_P(Mails, ThatAnotherHasTakenAreNotTaken) {
  const auto mail = make_mail();
  ASSERT_TRUE(commit({add_mail{mail}}));
  EXPECT_TRUE(
      failed_with(commit({lease_mail{make_uuid(noon), noon, noon + 1min}}), error_code::conflict));
  EXPECT_TRUE(
      failed_with(commit({lease_mail{mail.id, noon + 1s, noon + 1min}}), error_code::conflict));
  EXPECT_TRUE(commit({lease_mail{mail.id, noon, noon + 1min}}));
  EXPECT_TRUE(failed_with(commit({lease_mail{mail.id, noon, noon + 2min}}), error_code::conflict));
  EXPECT_TRUE(commit({lease_mail{mail.id, noon + 1min, noon + 2min}})) << "the lease ran out";
}

TEST_P(Mails, ThatAreSettledAreNotTaken) {
  const auto sent = make_mail();
  const auto given_up = make_mail();
  ASSERT_TRUE(commit({add_mail{sent}, add_mail{given_up}}));
  ASSERT_TRUE(commit({settled(became::sent, sent.id, noon + 1s),
                      settled(became::given_up, given_up.id, noon + 1s)}));
  EXPECT_TRUE(failed_with(commit({lease_mail{sent.id, noon, noon + 1min}}), error_code::conflict));
  EXPECT_TRUE(
      failed_with(commit({lease_mail{given_up.id, noon, noon + 1min}}), error_code::conflict));
  EXPECT_TRUE(due(noon + 24h).empty());
}

TEST_P(Mails, ThatAreSettledStayAsTheyWere) {
  const auto mail = make_mail();
  ASSERT_TRUE(commit({add_mail{mail}, settled(became::sent, mail.id, noon + 1s)}));
  EXPECT_TRUE(commit({settled(became::again, mail.id, noon + 2s, noon + 3s)}));
  EXPECT_TRUE(due(noon + 24h).empty());
  EXPECT_TRUE(commit({settled(became::sent, make_uuid(noon), noon)})) << "one that never was";
}

TEST_P(Mails, ArriveWithTheirUnitOrNotAtAll) {
  EXPECT_FALSE(commit({add_mail{make_mail()}, remove_role{"nobody"}}));
  EXPECT_TRUE(due(noon + 24h).empty());
}

TEST_P(Mails, SentAgainWithTheirUnitAreOne) {
  const auto mail = make_mail();
  ASSERT_TRUE(commit({add_mail{mail}}));
  ASSERT_TRUE(commit({lease_mail{mail.id, noon, noon + 1min}}));
  EXPECT_TRUE(commit({add_mail{mail}})) << "the outcome of its unit was not known";
  EXPECT_TRUE(due(noon + 59s).empty()) << "it is taken all the same";
  EXPECT_EQ(due(noon + 1min).size(), 1u);
}

TEST_P(Mails, AreReadBackAsTheyWereWrittenOnceTheyAreDue) {
  const auto wanted = make_mail(noon + 10s);
  ASSERT_TRUE(commit({add_mail{wanted}}));
  EXPECT_TRUE(due(noon + 9s).empty());
  const auto found = due(noon + 10s);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, wanted.id);
  EXPECT_EQ(found[0].kind, wanted.kind);
  EXPECT_EQ(found[0].recipient, wanted.recipient);
  EXPECT_EQ(found[0].sealed, wanted.sealed);
  EXPECT_EQ(found[0].attempts, 0u);
  EXPECT_EQ(found[0].created_at, noon);
  EXPECT_EQ(found[0].next_attempt_at, noon + 10s);
  EXPECT_FALSE(found[0].sent_at);
  EXPECT_FALSE(found[0].given_up_at);
}

TEST_P(Mails, AreDueLongestFirstAndNoMoreThanAskedFor) {
  const auto third = make_mail(noon + 3s);
  const auto first = make_mail(noon + 1s);
  const auto second = make_mail(noon + 2s);
  ASSERT_TRUE(commit({add_mail{third}, add_mail{first}, add_mail{second}}));
  const auto found = due(noon + 1h, 2);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, first.id);
  EXPECT_EQ(found[1].id, second.id);
}

TEST_P(Mails, CountTheirAttemptsWhenTheyAreTaken) {
  const auto mail = make_mail();
  ASSERT_TRUE(commit({add_mail{mail}}));
  ASSERT_TRUE(commit({lease_mail{mail.id, noon, noon + 1min}}));
  EXPECT_EQ(due(noon + 1min).at(0).attempts, 1u) << "also when nobody said what became of it";
  ASSERT_TRUE(commit({settled(became::again, mail.id, noon + 2s, noon + 5min)}));
  EXPECT_TRUE(due(noon + 5min - 1s).empty());
  const auto found = due(noon + 5min);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].attempts, 1u);
  EXPECT_EQ(found[0].sealed, mail.sealed);
  EXPECT_EQ(found[0].next_attempt_at, noon + 5min);
}

TEST_P(Mails, KeepNoTextOnceTheyAreSettled) {
  const auto sent = make_mail();
  const auto given_up = make_mail();
  const auto waiting = make_mail();
  ASSERT_TRUE(commit({add_mail{sent}, add_mail{given_up}, add_mail{waiting}}));
  ASSERT_TRUE(commit({settled(became::sent, sent.id, noon + 1s)}));
  ASSERT_TRUE(commit({settled(became::given_up, given_up.id, noon + 1s)}));
  ASSERT_TRUE(commit({settled(became::again, waiting.id, noon + 1s, noon)}));
  unsettle();
  const auto found = due(noon);
  ASSERT_EQ(found.size(), 3u);
  for (const auto& mail : found)
    EXPECT_EQ(mail.sealed.empty(), mail.id != waiting.id);
}

TEST_P(Mails, AreForgottenAMonthAfterTheyWereSettled) {
  const auto old = make_mail();
  const auto waiting = make_mail();
  auto young = make_mail();
  young.created_at = noon + 24h;
  ASSERT_TRUE(commit({add_mail{old}, add_mail{waiting}, add_mail{young}}));
  ASSERT_TRUE(commit({settled(became::sent, old.id, noon)}));
  ASSERT_TRUE(commit({settled(became::sent, young.id, noon + 24h * 30 + 1s)}));
  unsettle();
  const auto found = due(noon);
  ASSERT_EQ(found.size(), 2u);
  for (const auto& mail : found)
    EXPECT_NE(mail.id, old.id);
}

TEST_P(Mails, AreTakenByOneOfMany) {
  const auto mail = make_mail();
  ASSERT_TRUE(commit({add_mail{mail}}));
  const std::vector<unit> units(8, unit{{lease_mail{mail.id, noon, noon + 1min}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
  EXPECT_EQ(due(noon + 1min).at(0).attempts, 1u);
}

} // namespace

} // namespace latchkey::test
