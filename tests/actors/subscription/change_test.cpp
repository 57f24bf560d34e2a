// How a subscription is changed: by an administrator, and by Stripe, whose events come late,
// twice and in any order.
#include "tests/actors/subscription/one_subscription.hpp"

#include <algorithm>
#include <numeric>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using kind = messages::stripe_event::kind;

struct stripe_subscription : one_subscription {
  int events = 0;

  /// An event of Stripe's about sub_1, `after` the test's beginning.
  messages::change_subscription event_of(kind type, std::chrono::seconds after,
                                         const std::string& tier = "pro",
                                         const std::string& status = "active") {
    auto out = changing(type == kind::deleted ? "free" : tier,
                        type == kind::deleted ? "canceled" : status);
    out.subscription.stripe_subscription_id = "sub_1";
    out.subscription.stripe_customer_id = "cus_1";
    out.subscription.start_date = clock.now() - 24h;
    out.event =
        messages::stripe_event{type,
                               "evt_" + std::to_string(++events),
                               std::chrono::floor<std::chrono::seconds>(clock.now()) + after,
                               {}};
    out.author.by = "stripe";
    return out;
  }
  result<messages::subscription_view> take_event(const messages::change_subscription& event) {
    return ask(actor, event);
  }
  testing::AssertionResult changes_nothing(const messages::change_subscription& event,
                                           const std::string& field) {
    const auto before = stored_subscription();
    const auto taken = take_event(event);
    if (code_of(taken) != error_code::conflict || taken.error().field != field)
      return testing::AssertionFailure() << (taken ? "it was applied" : taken.error().field);
    const auto after = stored_subscription();
    if (before->tier != after->tier || before->status != after->status ||
        before->updated_at != after->updated_at)
      return testing::AssertionFailure() << "the stored subscription is another";
    return testing::AssertionSuccess();
  }
};

// -- by an administrator -------------------------------------------------------------------

TEST(SubscriptionChange, OfAUserWhoIsGoneIsRefused) {
  one_subscription f;
  f.write({{storage::delete_user{f.owner.id, f.clock.now()}}});
  EXPECT_EQ(code_of(f.change("pro")), error_code::user_not_found);
}

TEST(SubscriptionChange, ThatTheStoreDoesNotTakeChangesNothing) {
  one_subscription f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.change("pro")), error_code::store_unavailable);
  EXPECT_EQ(f.describe().value().tier, "free");
}

TEST(SubscriptionChange, WhoseOutcomeIsUnknownIsReadBeforeAnythingIsMeasured) {
  one_subscription f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.change("pro")), error_code::outcome_unknown);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(f.spend("projects"));
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.change("free")), error_code::outcome_unknown);
  EXPECT_EQ(f.describe().value().tier, "pro");
}

TEST(SubscriptionChange, ThatCannotBeReadBackIsToldToWhoeverAsks) {
  one_subscription f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.change("pro")), error_code::outcome_unknown);
  f.store.set_down(true);
  EXPECT_EQ(code_of(f.spend("projects")), error_code::store_unavailable);
  f.store.set_down(false);
  EXPECT_EQ(f.describe().value().tier, "pro");
}

TEST(SubscriptionChange, IsDurableAndOnRecordBeforeItIsAnswered) {
  one_subscription f;
  auto request = f.changing("pro", "trialing");
  request.subscription.trial_ends_at = f.clock.now() + 24h;
  request.subscription.payment_method = "invoice";
  const auto view = f.ask(f.actor, request).value();
  EXPECT_FALSE(view.subscription.id.is_nil());
  EXPECT_EQ(view.tier, "pro");
  const auto stored = f.stored_subscription();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->id, view.subscription.id);
  EXPECT_EQ(stored->tier, "pro");
  EXPECT_EQ(stored->status, "trialing");
  EXPECT_EQ(stored->trial_ends_at, request.subscription.trial_ends_at);
  EXPECT_EQ(stored->payment_method, "invoice");
  EXPECT_EQ(stored->start_date, f.clock.now());
  const auto audits = f.store.audits();
  const auto entry = std::ranges::find(audits, "subscription.changed", &audit_record::action);
  ASSERT_NE(entry, audits.end());
  EXPECT_EQ(entry->user, f.owner.id);
  EXPECT_EQ(entry->by, "user:admin");
  EXPECT_EQ(entry->address, "192.0.2.1");
  EXPECT_EQ(entry->reason, "pro, trialing");
}

TEST(SubscriptionChange, KeepsTheIdAndTheBeginning) {
  one_subscription f;
  const auto first = f.change("pro").value().subscription;
  f.clock.move(24h);
  f.deadline = f.soon();
  const auto second = f.change("free").value().subscription;
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.created_at, first.created_at);
  EXPECT_EQ(second.start_date, first.start_date);
  EXPECT_EQ(second.updated_at, f.clock.now());
}

TEST(SubscriptionChange, SaysWhenItWasCancelled) {
  one_subscription f;
  const auto at = f.clock.now();
  EXPECT_EQ(f.ask(f.actor, f.changing("pro", "canceled")).value().subscription.cancelled_at, at);
  f.clock.move(1s);
  EXPECT_EQ(f.ask(f.actor, f.changing("pro", "canceled")).value().subscription.cancelled_at, at);
  EXPECT_FALSE(f.ask(f.actor, f.changing("pro")).value().subscription.cancelled_at);
}

TEST(SubscriptionChange, IsKnownToTheUsersActorBeforeItIsAnswered) {
  one_subscription f;
  const auto& directory = f.env().directories.front();
  const auto user = f.ask(directory, messages::find_user{f.owner.id}).value();
  ASSERT_EQ(f.ask(user, messages::describe_user{}).value().subscription_tier, "free");
  ASSERT_TRUE(f.change("pro"));
  EXPECT_EQ(f.ask(user, messages::describe_user{}).value().subscription_tier, "pro");
  ASSERT_TRUE(f.ask(f.actor, f.changing("pro", "unpaid")));
  EXPECT_EQ(f.ask(user, messages::describe_user{}).value().subscription_tier, "free");
}

TEST(SubscriptionChange, LetsNoSpendBeMeasuredByTheTierThatGoes) {
  one_subscription f;
  ASSERT_TRUE(f.change("pro"));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(f.spend("projects"));
  f.commits.hold_questions();
  const auto changed = f.begin(f.actor, f.changing("free"));
  const auto spent = f.begin(f.actor, f.spending("projects"));
  const auto seen = f.begin(f.actor, messages::describe_subscription{f.deadline});
  EXPECT_EQ(f.commits.held(), 1u); // the spend has not even been asked for
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(changed.answer());
  EXPECT_EQ(code_of(spent.answer()), error_code::quota_exceeded);
  EXPECT_EQ(seen.answer().value().tier, "free");
}

TEST(SubscriptionChange, WaitsForThoseBeforeIt) {
  one_subscription f;
  f.commits.hold_questions();
  const auto spent = f.begin(f.actor, f.spending("projects", 2));
  const auto changed = f.begin(f.actor, f.changing("pro"));
  EXPECT_EQ(f.commits.held(), 1u);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(spent.answer());
  EXPECT_EQ(changed.answer().value().tier, "pro");
}

// -- by Stripe -----------------------------------------------------------------------------

TEST(StripeWord, ThatWasHeardBeforeIsNotActedOn) {
  stripe_subscription f;
  const auto event = f.event_of(kind::created, 0s);
  ASSERT_TRUE(f.take_event(event));
  auto again = event;
  again.event->at += 1s; // whatever else it says
  again.subscription.tier = "free";
  EXPECT_TRUE(f.changes_nothing(again, "id"));
}

TEST(StripeWord, ThatIsOlderThanWhatIsKnownChangesNothing) {
  stripe_subscription f;
  ASSERT_TRUE(f.take_event(f.event_of(kind::updated, 10s, "pro", "past_due")));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::updated, 9s), "event"));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::deleted, 9s), "event"));
}

TEST(StripeWord, OfOneSecondCountsInTheOrderOfALife) {
  stripe_subscription f;
  ASSERT_TRUE(f.take_event(f.event_of(kind::updated, 0s)));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::created, 0s, "pro", "incomplete"), "event"));
  ASSERT_TRUE(f.take_event(f.event_of(kind::updated, 0s, "pro", "past_due")));
  ASSERT_TRUE(f.take_event(f.event_of(kind::deleted, 0s)));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::updated, 0s), "event"));
  EXPECT_EQ(f.describe().value().tier, "free");
}

TEST(StripeWord, OfTheEndOfASubscriptionThatWasReplacedEndsNothing) {
  stripe_subscription f;
  ASSERT_TRUE(f.take_event(f.event_of(kind::created, 0s)));
  auto second = f.event_of(kind::created, 5s);
  second.subscription.stripe_subscription_id = "sub_2";
  ASSERT_TRUE(f.take_event(second));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::deleted, 9s), "event"));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::updated, 9s, "pro", "unpaid"), "event"));
  EXPECT_EQ(f.stored_subscription()->stripe_subscription_id, "sub_2");
  auto end = f.event_of(kind::deleted, 10s);
  end.subscription.stripe_subscription_id = "sub_2";
  ASSERT_TRUE(f.take_event(end));
  // Nothing is left to protect: the first one may come back.
  EXPECT_EQ(f.take_event(f.event_of(kind::updated, 11s)).value().tier, "pro");
}

/// One event of a life: of which subscription, what, when, and its tier and status.
struct life_event {
  std::string id;
  kind type;
  std::chrono::seconds after;
  std::string tier = "pro";
  std::string status = "active";
};

messages::change_subscription event_of(stripe_subscription& f, const life_event& e) {
  auto out = f.event_of(e.type, e.after, e.tier, e.status);
  out.subscription.stripe_subscription_id = e.id;
  out.subscription.start_date = f.clock.now() + (e.id == "sub_1" ? -48h : -24h);
  return out;
}

/// Sends them in every order: the user is left with that tier and that subscription.
void end_alike_in_every_order(const std::vector<life_event>& life, const std::string& tier,
                              const std::string& id) {
  std::vector<std::size_t> order(life.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    stripe_subscription f;
    std::string sent;
    for (const auto i : order) {
      f.take_event(event_of(f, life[i]));
      sent += std::to_string(i);
    }
    EXPECT_EQ(f.describe().value().tier, tier) << sent;
    EXPECT_EQ(f.stored_subscription()->stripe_subscription_id, id) << sent;
  } while (std::ranges::next_permutation(order).found);
}

TEST(StripeWord, OfALifeEndsAlikeInWhicheverOrderItComes) {
  end_alike_in_every_order({{"sub_1", kind::created, 0s, "pro", "incomplete"},
                            {"sub_1", kind::updated, 1s},
                            {"sub_2", kind::created, 5s},
                            {"sub_1", kind::deleted, 9s}},
                           "pro", "sub_2");
  end_alike_in_every_order({{"sub_1", kind::created, 0s},
                            {"sub_1", kind::deleted, 0s},
                            {"sub_2", kind::created, 0s, "pro", "incomplete"},
                            {"sub_2", kind::updated, 0s}},
                           "pro", "sub_2");
  end_alike_in_every_order({{"sub_1", kind::created, 0s},
                            {"sub_2", kind::created, 1s},
                            {"sub_2", kind::deleted, 2s},
                            {"sub_1", kind::updated, 3s}},
                           "pro", "sub_1");
  end_alike_in_every_order({{"sub_1", kind::created, 0s},
                            {"sub_2", kind::created, 1s},
                            {"sub_2", kind::deleted, 2s},
                            {"sub_1", kind::deleted, 3s}},
                           "free", "sub_1");
}

TEST(StripeWord, OfSeveralThatAreLiveTheBestTierCountsThenTheNewest) {
  // "pro" is listed after "free".
  end_alike_in_every_order(
      {{"sub_1", kind::created, 0s, "pro"}, {"sub_2", kind::created, 1s, "free"}}, "pro", "sub_1");
  end_alike_in_every_order({{"sub_1", kind::created, 5s}, {"sub_2", kind::created, 1s}}, "pro",
                           "sub_2");
}

TEST(StripeWord, OfTwoUpdatesInOneSecondFollowsThePreviousStatusElseThePaidOne) {
  stripe_subscription f;
  auto paid = f.event_of(kind::updated, 0s);
  paid.event->previous_status = "incomplete";
  ASSERT_TRUE(f.take_event(paid));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::updated, 0s, "pro", "incomplete"), "event"));
  auto unpaid = f.event_of(kind::updated, 0s, "pro", "unpaid");
  unpaid.event->previous_status = "active";
  EXPECT_EQ(f.take_event(unpaid).value().tier, "free");
}

TEST(StripeWord, OfAPriceThatNobodyKnowsKeepsTheTier) {
  stripe_subscription f;
  EXPECT_TRUE(code_of(f.take_event(f.event_of(kind::created, 0s, ""))) == error_code::conflict);
  ASSERT_TRUE(f.take_event(f.event_of(kind::created, 0s)));
  EXPECT_EQ(f.take_event(f.event_of(kind::updated, 1s, "", "past_due")).value().tier, "pro");
  EXPECT_EQ(f.take_event(f.event_of(kind::updated, 2s, "", "unpaid")).value().tier, "free");
}

TEST(StripeWord, OfAnEndTakesNothingThatAnAdministratorGave) {
  stripe_subscription f;
  ASSERT_TRUE(f.change("pro"));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::deleted, 0s), "event"));
  EXPECT_EQ(f.describe().value().tier, "pro");
}

TEST(StripeWord, OfASubscriptionThatIsAnothersNowLeavesTheNextBest) {
  stripe_subscription f;
  ASSERT_TRUE(f.take_event(f.event_of(kind::created, 0s)));
  EXPECT_EQ(f.take_event(f.event_of(kind::moved, 1s)).value().tier, "free");
  EXPECT_TRUE(f.stored_subscription()->stripe_subscription_id.empty());
}

TEST(StripeWord, StaysWithWhatAnAdministratorChanges) {
  stripe_subscription f;
  ASSERT_TRUE(f.take_event(f.event_of(kind::created, 10s)));
  const auto known = *f.stored_subscription();
  ASSERT_TRUE(f.change("free"));
  const auto stored = *f.stored_subscription();
  EXPECT_EQ(stored.stripe_customer_id, "cus_1");
  EXPECT_EQ(stored.stripe_subscription_id, "sub_1");
  EXPECT_EQ(stored.stripe_event_at, known.stripe_event_at);
  EXPECT_EQ(stored.start_date, known.start_date);
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::created, 10s), "event"));
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::updated, 9s), "event"));
  EXPECT_EQ(f.take_event(f.event_of(kind::updated, 11s)).value().tier, "pro");
}

TEST(StripeWord, IsRememberedOnlyTogetherWithWhatItChanged) {
  stripe_subscription f;
  const auto event = f.event_of(kind::created, 0s);
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.take_event(event)), error_code::store_unavailable);
  EXPECT_EQ(f.take_event(event).value().tier, "pro");
}

TEST(StripeWord, ThatSomebodyElseAppliedMeanwhileIsRead) {
  stripe_subscription f;
  // Another node has heard a newer one.
  auto newer = f.event_of(kind::updated, 20s).subscription;
  newer.id = make_uuid(f.clock.now());
  newer.user = f.owner.id;
  newer.stripe_event_at = f.clock.now() + 20s;
  newer.created_at = newer.updated_at = f.clock.now();
  f.write({{storage::put_subscription{newer}}});
  EXPECT_TRUE(f.changes_nothing(f.event_of(kind::deleted, 10s), "event"));
  EXPECT_EQ(f.describe().value().tier, "pro");
}

} // namespace
} // namespace latchkey::test
