// What every engine does with subscriptions, Stripe's events and quotas.
#include "tests/storage/racing.hpp"

#include <algorithm>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

subscription_record make_subscription(const user_id& user) {
  subscription_record s;
  s.id = make_uuid(noon);
  s.user = user;
  s.tier = "pro";
  s.status = "trialing";
  s.start_date = noon + 1s;
  s.end_date = noon + 24h;
  s.trial_ends_at = noon + 3s;
  s.cancelled_at = noon + 4s;
  s.payment_method = "card";
  s.stripe_customer_id = "cus_1";
  s.stripe_subscription_id = "sub_1";
  s.stripe_event_at = noon + 5s;
  s.created_at = noon + 6s;
  s.updated_at = noon + 7s;
  return s;
}

class Subscriptions : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
  }
  std::optional<subscription_record> of(const user_id& id) {
    return ask(*reader_, find_subscription{id});
  }
  user_record ann;
};
LATCHKEY_ON_EVERY_ENGINE(Subscriptions);

TEST_P(Subscriptions, AreRefusedWithoutTheirUser) {
  const user_id nobody{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({put_subscription{make_subscription(nobody)}}),
                          error_code::user_not_found));
  EXPECT_FALSE(of(nobody));
}

TEST_P(Subscriptions, AreNotChangedByAnEventFromBefore) {
  ASSERT_TRUE(commit({put_subscription{make_subscription(ann.id)}}));
  const auto before = user(ann.id);
  auto older = make_subscription(ann.id);
  older.tier = "free";
  older.stripe_event_at = noon + 4s;
  EXPECT_TRUE(failed_with(commit({put_subscription{older}}), error_code::conflict, "event"));
  EXPECT_EQ(of(ann.id)->tier, "pro");
  EXPECT_EQ(user(ann.id).subscription_tier, "pro");
  EXPECT_EQ(user(ann.id).version, before.version);
  older.stripe_event_at = noon + 5s;
  EXPECT_TRUE(commit({put_subscription{older}})) << "Stripe's times are whole seconds";
  EXPECT_EQ(of(ann.id)->tier, "free");
}

TEST_P(Subscriptions, SetByHandAreNotUndoneByALateEvent) {
  ASSERT_TRUE(commit({put_subscription{make_subscription(ann.id)}}));
  auto by_hand = make_subscription(ann.id);
  by_hand.tier = "enterprise";
  by_hand.stripe_event_at = std::nullopt;
  ASSERT_TRUE(commit({put_subscription{by_hand}}));
  EXPECT_EQ(of(ann.id)->tier, "enterprise");
  EXPECT_EQ(of(ann.id)->stripe_event_at, noon + 5s);
  auto late = make_subscription(ann.id);
  late.stripe_event_at = noon + 4s;
  EXPECT_TRUE(failed_with(commit({put_subscription{late}}), error_code::conflict, "event"));
}

TEST_P(Subscriptions, AreReadBackAsTheyWereWritten) {
  const auto wanted = make_subscription(ann.id);
  ASSERT_TRUE(commit({put_subscription{wanted}}));
  const auto found = of(ann.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, wanted.id);
  EXPECT_EQ(found->user, ann.id);
  EXPECT_EQ(found->tier, "pro");
  EXPECT_EQ(found->status, "trialing");
  EXPECT_EQ(found->start_date, noon + 1s);
  EXPECT_EQ(found->end_date, noon + 24h);
  EXPECT_EQ(found->trial_ends_at, noon + 3s);
  EXPECT_EQ(found->cancelled_at, noon + 4s);
  EXPECT_EQ(found->payment_method, "card");
  EXPECT_EQ(found->stripe_customer_id, "cus_1");
  EXPECT_EQ(found->stripe_subscription_id, "sub_1");
  EXPECT_EQ(found->stripe_event_at, noon + 5s);
  EXPECT_EQ(found->created_at, noon + 6s);
  EXPECT_EQ(found->updated_at, noon + 7s);
}

TEST_P(Subscriptions, MayLackWhatIsNotKnown) {
  subscription_record bare;
  bare.id = make_uuid(noon);
  bare.user = ann.id;
  bare.start_date = bare.created_at = bare.updated_at = noon;
  ASSERT_TRUE(commit({put_subscription{bare}}));
  const auto found = of(ann.id);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->end_date || found->trial_ends_at || found->cancelled_at ||
               found->stripe_event_at);
  EXPECT_EQ(found->payment_method + found->stripe_customer_id + found->stripe_subscription_id, "");
  EXPECT_FALSE(ask(*reader_, find_stripe_customer{""})) << "nobody's customer";
}

TEST_P(Subscriptions, SetTheTierOfTheirUser) {
  ASSERT_TRUE(commit({put_subscription{make_subscription(ann.id)}}));
  const auto after = user(ann.id);
  EXPECT_EQ(after.subscription_tier, "pro");
  EXPECT_EQ(after.version, ann.version + 1);
  EXPECT_EQ(after.updated_at, noon + 7s);
  EXPECT_TRUE(
      failed_with(commit({set_password_hash{ann.id, ann.version, secret(std::string("x")), noon}}),
                  error_code::conflict, "version"));
}

TEST_P(Subscriptions, AreReplacedButForTheirIdAndTheTimeTheyCame) {
  const auto first = make_subscription(ann.id);
  auto second = first;
  second.id = make_uuid(noon);
  second.tier = "free";
  second.status = "canceled";
  second.end_date = std::nullopt;
  second.stripe_customer_id = "cus_2";
  second.stripe_event_at = noon + 50s;
  second.created_at = second.updated_at = noon + 60s;
  ASSERT_TRUE(commit({put_subscription{first}}));
  ASSERT_TRUE(commit({put_subscription{second}}));
  const auto found = of(ann.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, first.id);
  EXPECT_EQ(found->tier, "free");
  EXPECT_EQ(found->status, "canceled");
  EXPECT_FALSE(found->end_date);
  EXPECT_EQ(found->created_at, first.created_at);
  EXPECT_EQ(found->updated_at, noon + 60s);
  EXPECT_FALSE(ask(*reader_, find_stripe_customer{"cus_1"}));
  EXPECT_EQ(ask(*reader_, find_stripe_customer{"cus_2"}), ann.id);
}

TEST_P(Subscriptions, OfOneCustomerAreFoundByTheNewest) {
  const auto bob = add(make_user("bob"));
  const auto cat = add(make_user("cat"));
  auto newest = make_subscription(bob.id);
  newest.created_at = noon + 9s;
  ASSERT_TRUE(commit({put_subscription{make_subscription(ann.id)}}));
  ASSERT_TRUE(commit({put_subscription{newest}}));
  ASSERT_TRUE(commit({put_subscription{make_subscription(cat.id)}}));
  EXPECT_EQ(ask(*reader_, find_stripe_customer{"cus_1"}), bob.id);
  EXPECT_FALSE(ask(*reader_, find_stripe_customer{"cus"}));
  EXPECT_FALSE(ask(*reader_, find_stripe_customer{std::string("cus_1\0", 6)}));
}

TEST_P(Subscriptions, TakeTheLatestOfManyEventsAtOnce) {
  std::vector<unit> units;
  for (int i = 0; i < 8; ++i) {
    auto s = make_subscription(ann.id);
    s.tier = "tier" + std::to_string(i);
    s.stripe_event_at = noon + std::chrono::seconds(i);
    units.push_back({{put_subscription{s}}});
  }
  EXPECT_GE(winners(race(*store_, units), error_code::conflict), 1u);
  EXPECT_EQ(of(ann.id)->tier, "tier7");
  EXPECT_EQ(user(ann.id).subscription_tier, "tier7");
}

TEST_P(Subscriptions, SeeEachEventOnce) {
  EXPECT_TRUE(commit({add_stripe_event{"evt_1", noon}}));
  EXPECT_TRUE(
      failed_with(commit({add_stripe_event{"evt_1", noon + 1h}}), error_code::conflict, "id"));
  EXPECT_TRUE(commit({add_stripe_event{"evt_2", noon}}));
  const std::vector<unit> units(8, unit{{add_stripe_event{"evt_3", noon}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
}

TEST_P(Subscriptions, SayWhichOfTheirUnitsFactsLostFirst) {
  const auto known = make_subscription(ann.id);
  ASSERT_TRUE(commit({put_subscription{known}, add_stripe_event{"evt_1", noon}}));
  auto older = known;
  older.stripe_event_at = noon;
  EXPECT_TRUE(failed_with(commit({add_stripe_event{"evt_1", noon}, put_subscription{older}}),
                          error_code::conflict, "id"));
  EXPECT_TRUE(failed_with(commit({put_subscription{older}, add_stripe_event{"evt_1", noon}}),
                          error_code::conflict, "event"));
}

TEST_P(Subscriptions, ForgetEventsThatStripeSendsNoMore) {
  ASSERT_TRUE(commit({add_stripe_event{"evt_1", noon}}));
  ASSERT_TRUE(commit({add_stripe_event{"evt_2", noon + 24h * 90}}));
  EXPECT_FALSE(commit({add_stripe_event{"evt_1", noon}})) << "90 days are not over";
  ASSERT_TRUE(commit({add_stripe_event{"evt_3", noon + 24h * 90 + 1s}}));
  EXPECT_TRUE(commit({add_stripe_event{"evt_1", noon + 24h * 90 + 2s}}));
}

class Quotas : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
  }
  spend_quota spend(std::int64_t amount, std::optional<std::int64_t> limit,
                    time_point window = time_point{}) {
    return {ann.id, "workflows", window, amount, limit, noon};
  }
  std::int64_t used(time_point window = time_point{}) {
    for (const auto& usage : ask(*reader_, list_quota_usage{ann.id}))
      if (usage.quota == "workflows" && usage.window_start == window) return usage.used;
    return -1;
  }
  user_record ann;
};
LATCHKEY_ON_EVERY_ENGINE(Quotas);

TEST_P(Quotas, OfNobodyAreNotSpent) {
  auto nobodys = spend(1, 10);
  nobodys.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({nobodys}), error_code::user_not_found));
  EXPECT_TRUE(ask(*reader_, list_quota_usage{nobodys.user}).empty());
}

TEST_P(Quotas, AreNotSpentBeyondTheirLimit) {
  EXPECT_TRUE(failed_with(commit({spend(4, 3)}), error_code::quota_exceeded, "workflows"));
  EXPECT_EQ(used(), -1);
  EXPECT_EQ(commit({spend(2, 3)})->quota_used, 2);
  EXPECT_TRUE(failed_with(commit({spend(2, 3)}), error_code::quota_exceeded, "workflows"));
  EXPECT_EQ(used(), 2);
  EXPECT_EQ(commit({spend(1, 3)})->quota_used, 3);
  EXPECT_TRUE(failed_with(commit({spend(1, 3)}), error_code::quota_exceeded));
  EXPECT_TRUE(failed_with(commit({spend(1, 0)}), error_code::quota_exceeded));
}

TEST_P(Quotas, ThatRunOutTakeTheirUnitWithThem) {
  ASSERT_TRUE(commit({spend(3, 3)}));
  project_record p;
  p.id = make_uuid(noon);
  p.client_id = "acme";
  p.name = "p";
  p.owner = ann.id;
  p.created_at = p.updated_at = noon;
  EXPECT_TRUE(failed_with(commit({add_project{p}, spend(1, 3)}), error_code::quota_exceeded));
  EXPECT_FALSE(ask(*reader_, find_project{p.id}));
}

TEST_P(Quotas, AreGivenBackAlsoAboveALimitThatWasLowered) {
  ASSERT_TRUE(commit({spend(5, std::nullopt)}));
  EXPECT_EQ(commit({spend(-2, 1)})->quota_used, 3);
  EXPECT_EQ(commit({spend(-9, 1)})->quota_used, 0) << "never below 0";
  EXPECT_EQ(used(), 0);
}

TEST_P(Quotas, GivenBackBeforeAnythingWasSpentAreAtZero) {
  EXPECT_EQ(commit({spend(-1, 3)})->quota_used, 0);
  EXPECT_EQ(commit({spend(3, 3)})->quota_used, 3);
}

TEST_P(Quotas, WithoutALimitAreCountedAllTheSame) {
  ASSERT_TRUE(commit({spend(1'000'000'000'000, std::nullopt)}));
  EXPECT_EQ(commit({spend(1'000'000'000'000, std::nullopt)})->quota_used, 2'000'000'000'000);
}

TEST_P(Quotas, CountEachWindowAndEachQuotaAlone) {
  ASSERT_TRUE(commit({spend(3, 3, noon)}));
  EXPECT_EQ(commit({spend(2, 3, noon + 24h)})->quota_used, 2);
  auto other = spend(1, 3, noon);
  other.quota = "projects";
  EXPECT_EQ(commit({other})->quota_used, 1);
  EXPECT_EQ(used(noon), 3);
  EXPECT_EQ(used(noon + 24h), 2);
  EXPECT_EQ(ask(*reader_, list_quota_usage{ann.id}).size(), 3u);
}

TEST_P(Quotas, AreToldAsTheLastOfAUnitLeavesThem) {
  const auto spent = commit(
      {spend_quota{ann.id, "q", noon, 5, {}, noon}, spend_quota{ann.id, "r", noon, 2, {}, noon}});
  ASSERT_TRUE(spent);
  EXPECT_EQ(spent->quota_used, 2);
}

TEST_P(Quotas, ForgetWindowsThatAreLongOverButNotWhatHasNone) {
  ASSERT_TRUE(commit({spend(1, 3)}));
  ASSERT_TRUE(commit({spend(2, 3, noon)}));
  ASSERT_TRUE(commit({spend(1, 3, noon + 24h * 92)}));
  EXPECT_EQ(used(noon), 2) << "not long enough over";
  ASSERT_TRUE(commit({spend(1, 3, noon + 24h * 93)}));
  EXPECT_EQ(used(noon), -1);
  EXPECT_EQ(used(noon + 24h * 92), 1);
  EXPECT_EQ(used(), 1);
}

TEST_P(Quotas, GoWithTheirUser) {
  ASSERT_TRUE(commit({spend(1, 3)}));
  ASSERT_TRUE(commit({delete_user{ann.id, noon}}));
  EXPECT_EQ(used(), -1);
}

TEST_P(Quotas, SpentAtOnceAreSpentExactly) {
  const std::vector<unit> units(20, unit{{spend(1, 5)}});
  const auto answers = race(*store_, units);
  EXPECT_EQ(winners(answers, error_code::quota_exceeded), 5u);
  EXPECT_EQ(used(), 5);
  std::vector<std::int64_t> seen;
  for (const auto& answer : answers)
    if (answer) seen.push_back(answer->quota_used);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
}

} // namespace

} // namespace latchkey::test
