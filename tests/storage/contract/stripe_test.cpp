// What every engine does with Stripe's subscriptions, of which a user may have several.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class StripeSubscriptions : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
  }
  subscription_record about(const std::string& id, std::chrono::seconds at = 5s) const {
    subscription_record s;
    s.user = ann.id;
    s.tier = "pro";
    s.status = "trialing";
    s.start_date = noon + 1s;
    s.end_date = noon + 24h;
    s.trial_ends_at = noon + 3s;
    s.cancelled_at = noon + 4s;
    s.payment_method = "card";
    s.stripe_customer_id = "cus_1";
    s.stripe_subscription_id = id;
    s.stripe_event_at = noon + at;
    s.created_at = noon + 6s;
    s.updated_at = noon + 7s;
    return s;
  }
  std::vector<subscription_record> all_of(const user_id& user) {
    return ask(*reader_, list_stripe_subscriptions{user});
  }
  std::optional<subscription_record> known(const std::string& id) {
    return ask(*reader_, find_stripe_subscription{id}).known;
  }
  user_record ann;
};
LATCHKEY_ON_EVERY_ENGINE(StripeSubscriptions);

TEST_P(StripeSubscriptions, AreRefusedWithoutTheirUser) {
  auto nobodys = about("sub_1");
  nobodys.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({put_stripe_subscription{nobodys}}), error_code::user_not_found));
  EXPECT_FALSE(known("sub_1"));
}

TEST_P(StripeSubscriptions, AreRefusedWithoutTheirIdOrTheTimeOfTheirEvent) {
  EXPECT_TRUE(failed_with(commit({put_stripe_subscription{about("")}}),
                          error_code::validation_error, "stripe_subscription_id"));
  auto timeless = about("sub_1");
  timeless.stripe_event_at = std::nullopt;
  EXPECT_TRUE(failed_with(commit({put_stripe_subscription{timeless}}), error_code::validation_error,
                          "stripe_event_at"));
}

TEST_P(StripeSubscriptions, AreReadBackAsTheyWereWritten) {
  ASSERT_TRUE(commit({put_stripe_subscription{about("sub_1")}}));
  const auto found = known("sub_1");
  ASSERT_TRUE(found);
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
  EXPECT_FALSE(known("sub")) << "nor is another";
}

TEST_P(StripeSubscriptions, AreSeveralAndTheNewestComesFirst) {
  auto newer = about("sub_0");
  newer.start_date += 1h;
  ASSERT_TRUE(commit({put_stripe_subscription{about("sub_1")}, put_stripe_subscription{newer}}));
  const auto all = all_of(ann.id);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].stripe_subscription_id, "sub_0");
  EXPECT_EQ(all[1].stripe_subscription_id, "sub_1");
  EXPECT_TRUE(all_of(user_id{make_uuid(noon)}).empty());
  EXPECT_EQ(ask(*reader_, find_stripe_customer{"cus_1"}), ann.id);
}

TEST_P(StripeSubscriptions, AreNotChangedByAnEventFromBefore) {
  ASSERT_TRUE(commit({put_stripe_subscription{about("sub_1", 5s)}}));
  auto older = about("sub_1", 4s);
  older.status = "canceled";
  EXPECT_TRUE(failed_with(commit({put_stripe_subscription{older}}), error_code::conflict, "event"));
  EXPECT_EQ(known("sub_1")->status, "trialing");
  auto same = about("sub_1", 5s);
  same.status = "active";
  same.created_at = noon + 9s;
  EXPECT_TRUE(commit({put_stripe_subscription{same}})) << "Stripe's times are whole seconds";
  EXPECT_EQ(known("sub_1")->status, "active");
  EXPECT_EQ(known("sub_1")->created_at, noon + 6s);
  EXPECT_TRUE(commit({put_stripe_subscription{about("sub_2", 1s)}})) << "each counts alone";
}

TEST_P(StripeSubscriptions, TakeTheLatestOfManyEventsAtOnce) {
  std::vector<unit> units;
  for (int i = 0; i < 8; ++i) {
    auto s = about("sub_1", std::chrono::seconds(i));
    s.tier = "tier" + std::to_string(i);
    units.push_back({{put_stripe_subscription{s}}});
  }
  EXPECT_GE(winners(race(*store_, units), error_code::conflict), 1u);
  EXPECT_EQ(known("sub_1")->tier, "tier7");
}

TEST_P(StripeSubscriptions, MayBecomeAnotherUsersAndGoWithTheirUser) {
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({put_stripe_subscription{about("sub_1")}}));
  auto moved = about("sub_1", 6s);
  moved.user = bob.id;
  ASSERT_TRUE(commit({put_stripe_subscription{moved}}));
  EXPECT_TRUE(all_of(ann.id).empty());
  EXPECT_EQ(all_of(bob.id).size(), 1u);
  ASSERT_TRUE(commit({delete_user{bob.id, noon}}));
  EXPECT_FALSE(known("sub_1"));
}

} // namespace

} // namespace latchkey::test
