// What a subscription allows, and how it is counted and changed.
#include "actors/subscription/subscription.hpp"

#include "tests/actors/subscription/one_subscription.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

// -- what is refused ---------------------------------------------------------------------

TEST(Subscription, IsNobodysWithoutAUser) {
  one_subscription f;
  messages::find_subscription question{user_id{make_uuid(f.clock.now())}};
  EXPECT_EQ(code_of(f.ask(f.env().directories.front(), question)), error_code::user_not_found);
}

TEST(Subscription, RefusesWhatIsMoreThanItsTierAllows) {
  one_subscription f;
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(f.spend("projects").value().used, i);
  const auto refused = f.spend("projects");
  ASSERT_EQ(code_of(refused), error_code::quota_exceeded);
  EXPECT_EQ(refused.error().more, R"("quota":"projects","limit":3,"resets_at":null)");
  EXPECT_EQ(refused.error().field, "");
  EXPECT_EQ(refused.error().retry_after_s, 0u);
  EXPECT_EQ(f.used("projects"), 3);
}

TEST(Subscription, RefusesAQuotaThatItsTierDoesNotName) {
  one_subscription f;
  const auto refused = f.spend("sandwiches");
  ASSERT_EQ(code_of(refused), error_code::quota_exceeded);
  EXPECT_EQ(refused.error().more, R"("quota":"sandwiches","limit":0,"resets_at":null)");
}

TEST(Subscription, WritesNothingOfWhatWasRefused) {
  one_subscription f;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(f.spend("projects"));
  const auto project = f.new_project();
  EXPECT_FALSE(f.spend("projects", 1, storage::add_project{project}));
  EXPECT_FALSE(f.stored_project(project.id));
}

TEST(Subscription, ChargesNothingForWhatCouldNotBeWritten) {
  one_subscription f;
  EXPECT_EQ(code_of(f.spend("projects", 1, storage::remove_project{f.new_project().id})),
            error_code::not_found);
  f.store.set_disk_full(true);
  EXPECT_EQ(code_of(f.spend("projects")), error_code::store_unavailable);
  f.store.set_disk_full(false);
  EXPECT_EQ(f.used("projects"), 0);
}

TEST(Subscription, DropsWhatIsLate) {
  one_subscription f;
  f.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.spend("projects")), error_code::timeout);
  EXPECT_EQ(code_of(f.describe()), error_code::timeout);
  f.deadline = f.soon();
  EXPECT_EQ(f.used("projects"), 0);
}

// -- what is counted ---------------------------------------------------------------------

TEST(Subscription, OfWhoNeverHadOneIsFreeAndActive) {
  one_subscription f;
  const auto view = f.describe().value();
  EXPECT_TRUE(view.subscription.id.is_nil());
  EXPECT_EQ(view.subscription.user, f.owner.id);
  EXPECT_EQ(view.subscription.status, "active");
  EXPECT_EQ(view.subscription.start_date, f.owner.created_at);
  EXPECT_EQ(view.tier, "free");
  ASSERT_EQ(view.quotas.size(), 3u);
  EXPECT_EQ(view.quotas[0].quota, "api_keys");
  EXPECT_EQ(view.quotas[0].limit, 2);
  EXPECT_EQ(view.quotas[1].quota, "projects");
  EXPECT_EQ(view.quotas[1].used, 0);
  EXPECT_FALSE(view.quotas[1].resets_at);
  EXPECT_EQ(view.quotas[2].quota, "workflows");
  EXPECT_EQ(view.quotas[2].resets_at, parse_time("2026-02-01T00:00:00Z"));
}

TEST(Subscription, CountsExactlyWhatManyAskForAtOnce) {
  one_subscription f;
  std::vector<asked<messages::spent>> all;
  std::vector<project_record> projects;
  for (int i = 0; i < 50; ++i) {
    projects.push_back(f.new_project());
    all.push_back(
        f.ask_later(f.actor, f.spending("projects", 1, storage::add_project{projects.back()})));
  }
  f.run();
  int granted = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto answer = all[i].answer();
    granted += answer ? 1 : 0;
    EXPECT_EQ(answer.has_value(), f.stored_project(projects[i].id).has_value());
    EXPECT_TRUE(answer || answer.error().code == error_code::quota_exceeded);
  }
  EXPECT_EQ(granted, 3);
  EXPECT_EQ(f.used("projects"), 3);
}

TEST(Subscription, GivesBackOnceForOneThatManyRemoveAtOnce) {
  one_subscription f;
  const auto project = f.new_project();
  ASSERT_TRUE(f.spend("projects", 1, storage::add_project{project}));
  ASSERT_TRUE(f.spend("projects", 1, storage::add_project{f.new_project()}));
  std::vector<asked<messages::spent>> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(
        f.ask_later(f.actor, f.spending("projects", -1, storage::remove_project{project.id})));
  f.run();
  EXPECT_EQ(std::ranges::count_if(all, [](auto& quota) { return quota.answer().has_value(); }), 1);
  EXPECT_EQ(f.used("projects"), 1);
}

TEST(Subscription, TakesBackEvenWhenMoreIsUsedThanIsAllowed) {
  one_subscription f;
  ASSERT_TRUE(f.change("pro"));
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(f.spend("projects"));
  ASSERT_TRUE(f.change("free"));
  EXPECT_EQ(f.spend("projects", -1).value().used, 5);
  EXPECT_EQ(code_of(f.spend("projects")), error_code::quota_exceeded);
  ASSERT_TRUE(f.spend("projects", -3));
  EXPECT_EQ(f.spend("projects").value().used, 3);
}

TEST(Subscription, BeginsAWindowAnewWithTheMonthInUtc) {
  one_subscription f;
  ASSERT_TRUE(f.spend("workflows", 2));
  const auto refused = f.spend("workflows");
  ASSERT_EQ(code_of(refused), error_code::quota_exceeded);
  EXPECT_EQ(refused.error().more,
            R"("quota":"workflows","limit":2,"resets_at":"2026-02-01T00:00:00Z")");
  const auto left = *parse_time("2026-02-01T00:00:00Z") - f.clock.now();
  EXPECT_EQ(refused.error().retry_after_s,
            std::chrono::duration_cast<std::chrono::seconds>(left).count());
  f.clock.move(left - 1us);
  f.deadline = f.soon();
  EXPECT_FALSE(f.spend("workflows"));
  f.clock.move(1us);
  EXPECT_EQ(f.used("workflows"), 0);
  EXPECT_EQ(f.spend("workflows").value().used, 1);
}

TEST(QuotaWindow, IsADayOrAMonthOrForEver) {
  using window = quota::window;
  const auto now = *parse_time("2028-02-29T23:59:59.999999Z");
  EXPECT_EQ(quota_window_start(window::day, now), parse_time("2028-02-29T00:00:00Z"));
  EXPECT_EQ(quota_resets_at(window::day, now), parse_time("2028-03-01T00:00:00Z"));
  EXPECT_EQ(quota_window_start(window::month, now), parse_time("2028-02-01T00:00:00Z"));
  EXPECT_EQ(quota_resets_at(window::month, now), parse_time("2028-03-01T00:00:00Z"));
  EXPECT_EQ(quota_window_start(window::none, now), time_point{});
  EXPECT_FALSE(quota_resets_at(window::none, now));
  const auto december = *parse_time("2026-12-31T23:59:59Z");
  EXPECT_EQ(quota_resets_at(window::month, december), parse_time("2027-01-01T00:00:00Z"));
  const auto first = *parse_time("2026-12-01T00:00:00Z");
  EXPECT_EQ(quota_window_start(window::month, first), first);
}

TEST(Subscription, ShowsHowManyKeysAreLive) {
  one_subscription f;
  api_key_record key;
  key.user = f.owner.id;
  key.name = "one";
  key.created_at = f.clock.now();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    key.id = id;
    key.secret_hash = "hash" + std::to_string(id);
    key.prefix = "lk_" + std::to_string(id);
    if (id == 3) key.expires_at = f.clock.now() + 5s;
    f.write({{storage::add_api_key{key, 10}}});
  }
  f.write({{storage::revoke_api_key{1, f.owner.id, f.clock.now()}}});
  EXPECT_EQ(f.used("api_keys"), 2);
  f.clock.move(5s);
  EXPECT_EQ(f.used("api_keys"), 1);
}

// -- what counts -----------------------------------------------------------------------

TEST(TierInForce, IsFreeOnceASubscriptionIsOverOrNotPaidFor) {
  const auto now = *parse_time("2026-01-02T03:04:05Z");
  subscription_record s;
  s.tier = "pro";
  for (const auto* status : {"active", "trialing", "past_due"}) {
    s.status = status;
    EXPECT_EQ(tier_in_force(s, now), "pro") << status;
  }
  for (const auto* status :
       {"canceled", "unpaid", "incomplete", "incomplete_expired", "paused", "", "ACTIVE"}) {
    s.status = status;
    EXPECT_EQ(tier_in_force(s, now), "free") << status;
  }
  s.status = "active";
  s.end_date = now + 1us;
  EXPECT_EQ(tier_in_force(s, now), "pro");
  s.end_date = now;
  EXPECT_EQ(tier_in_force(s, now), "free");
}

TEST(TierInForce, EndsATrialByItsDateUnlessStripeHasTheSay) {
  const auto now = *parse_time("2026-01-02T03:04:05Z");
  subscription_record s;
  s.tier = "pro";
  s.status = "trialing";
  s.trial_ends_at = now;
  EXPECT_EQ(tier_in_force(s, now), "free");
  EXPECT_EQ(tier_in_force(s, now - 1us), "pro");
  s.stripe_subscription_id = "sub_1";
  EXPECT_EQ(tier_in_force(s, now), "pro");
}

TEST(Subscription, MeasuresByTheTierThatCountsAtTheMoment) {
  one_subscription f;
  messages::change_subscription request = f.changing("pro");
  request.subscription.end_date = f.clock.now() + 1h;
  ASSERT_TRUE(f.ask(f.actor, request));
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(f.spend("projects"));
  EXPECT_EQ(f.describe().value().tier, "pro");
  f.clock.move(1h);
  f.deadline = f.soon();
  EXPECT_EQ(code_of(f.spend("projects")), error_code::quota_exceeded);
  const auto view = f.describe().value();
  EXPECT_EQ(view.tier, "free");
  EXPECT_EQ(view.subscription.tier, "pro");
}

// -- memory --------------------------------------------------------------------------------

TEST(Subscription, LeavesMemoryWhenNobodyNeedsItAndComesBackAsItWas) {
  one_subscription f;
  ASSERT_TRUE(f.change("pro"));
  ASSERT_TRUE(f.spend("projects"));
  f.advance(f.env().policy.memory_idle + 3min);
  EXPECT_TRUE(f.begin(f.actor, messages::describe_subscription{f.soon()}).is_gone());
  f.find();
  f.deadline = f.soon();
  EXPECT_EQ(f.describe().value().tier, "pro");
  EXPECT_EQ(f.used("projects"), 1);
}

TEST(Subscription, StaysWhileSomebodyWaitsForIt) {
  one_subscription f;
  f.commits.hold_answers();
  f.deadline = f.clock.now() + 1h;
  const auto waiting = f.begin(f.actor, f.spending("projects"));
  f.advance(f.env().policy.memory_idle + 3min);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(waiting.answer().value().used, 1);
}

} // namespace
} // namespace latchkey::test
