// stripe_event_test.cpp — the shapes in which Stripe says the same, by version and by what it was
// asked to expand.
#include "gateway/surfaces/billing/stripe_event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::gateway::billing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

json event() {
  return json::parse(R"({"id":"evt_1","type":"customer.subscription.updated","created":1700000000,
    "data":{"object":{"id":"sub_1","customer":"cus_1","status":"active","start_date":1690000000,
      "items":{"data":[{"price":{"id":"price_1","lookup_key":"pro"}}]},
      "metadata":{"user_id":"7","tier":"pro"}}}})");
}

stripe_change read(const json& body) {
  auto read = read_stripe_event(body.dump());
  if (!read || !*read) throw std::runtime_error("not read: " + body.dump());
  return **read;
}

/// With the subscription changed by `with`.
template <class Change>
stripe_change read_with(Change with) {
  auto body = event();
  with(body["data"]["object"]);
  return read(body);
}

std::string refused_field(const json& body) {
  const auto read = read_stripe_event(body.dump());
  return read ? "" : read.error().field;
}

time_point at(std::int64_t seconds) {
  return time_point{std::chrono::seconds{seconds}};
}

TEST(StripeEvent, IsRefusedWithoutWhatItNeeds) {
  for (const json& wrong : {json{}, json(5), json(std::string(256, 'x')), json::array()}) {
    for (const auto* field : {"id", "customer", "status"}) {
      auto body = event();
      body["data"]["object"][field] = wrong;
      EXPECT_EQ(refused_field(body), std::string{"data.object."} + field) << wrong;
    }
    for (const auto* parent : {"data", "object"}) {
      auto body = event();
      (parent == std::string{"data"} ? body["data"] : body["data"]["object"]) = wrong;
      EXPECT_EQ(refused_field(body), "data.object.id") << wrong;
    }
  }
  for (const json& wrong : {json{}, json(-1), json(1.5), json("1700000000"), json(1e300),
                            json(UINT64_MAX), json(253'402'300'800)}) {
    auto body = event();
    body["created"] = wrong;
    EXPECT_EQ(refused_field(body), "created") << wrong;
  }
}

TEST(StripeEvent, IsNotReadWhenItIsAboutSomethingElse) {
  for (const auto* type : {"invoice.paid", "customer.subscription.trial_will_end",
                           "customer.subscription.updated.x", "customer.subscription"}) {
    auto body = event();
    body["type"] = type;
    body["data"] = nullptr;
    const auto read = read_stripe_event(body.dump());
    ASSERT_TRUE(read) << type;
    EXPECT_FALSE(*read) << type;
  }
}

TEST(StripeEvent, SurvivesAnyTextAtAll) {
  EXPECT_FALSE(read_stripe_event(std::string(1 << 20, '[')));
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += R"({"data":)";
  EXPECT_FALSE(read_stripe_event(deep));
  EXPECT_FALSE(read_stripe_event("\xFF"));
  EXPECT_FALSE(read_stripe_event(R"({"id":"evt_1","type":"\ud800"})"));
}

TEST(StripeEvent, SaysWhatWhomAndWhen) {
  const auto change = read(event());
  EXPECT_EQ(change.event.type, messages::stripe_event::kind::updated);
  EXPECT_EQ(change.event.id, "evt_1");
  EXPECT_EQ(change.event.at, at(1'700'000'000));
  EXPECT_EQ(change.user, "7");
  EXPECT_EQ(change.tier, "pro");
  EXPECT_EQ(change.prices, (std::vector<std::string>{"price_1", "pro"}));
  EXPECT_EQ(change.subscription.stripe_subscription_id, "sub_1");
  EXPECT_EQ(change.subscription.stripe_customer_id, "cus_1");
  EXPECT_EQ(change.subscription.status, "active");
  EXPECT_EQ(change.subscription.start_date, at(1'690'000'000));
  EXPECT_FALSE(change.subscription.end_date);
}

TEST(StripeEvent, MayShowWholeWhatItOtherwiseNames) {
  const auto change = read_with([](json& s) {
    s["customer"] = {{"id", "cus_2"}, {"object", "customer"}};
    s["default_payment_method"] = {{"id", "pm_2"}, {"object", "payment_method"}};
  });
  EXPECT_EQ(change.subscription.stripe_customer_id, "cus_2");
  EXPECT_EQ(change.subscription.payment_method, "pm_2");
}

TEST(StripeEvent, EndsWithWhatEndedElseWithWhatIsSetElseWithThePeriodThatIsTheLast) {
  EXPECT_FALSE(
      read_with([](json& s) { s["current_period_end"] = 1'800'000'000; }).subscription.end_date);
  EXPECT_EQ(read_with([](json& s) {
              s["current_period_end"] = 1'800'000'000;
              s["cancel_at_period_end"] = true;
            }).subscription.end_date,
            at(1'800'000'000));
  EXPECT_EQ(read_with([](json& s) {
              s["items"]["data"][0]["current_period_end"] = 1'800'000'001;
              s["cancel_at_period_end"] = true;
            }).subscription.end_date,
            at(1'800'000'001));
  EXPECT_EQ(read_with([](json& s) {
              s["cancel_at"] = 1'800'000'002;
              s["current_period_end"] = 1'900'000'000;
              s["cancel_at_period_end"] = true;
            }).subscription.end_date,
            at(1'800'000'002));
  EXPECT_EQ(read_with([](json& s) {
              s["ended_at"] = 1'600'000'000;
              s["cancel_at"] = 1'800'000'002;
            }).subscription.end_date,
            at(1'600'000'000));
}

TEST(StripeEvent, OfTheEndIsAnEndWhateverElseItSays) {
  auto body = event();
  body["type"] = "customer.subscription.deleted";
  const auto change = read(body);
  EXPECT_EQ(change.subscription.status, "canceled");
  EXPECT_EQ(change.subscription.end_date, change.event.at);
  EXPECT_EQ(tier_of(change, "price_1=pro", *parse_tiers("free:;pro:")), "free");
}

TEST(StripeEvent, BuysTheFirstTierThatIsSoldElseThatOfItsMetadata) {
  const auto tiers = *parse_tiers("free:;pro:;gold:");
  const auto change = read(event());
  EXPECT_EQ(tier_of(change, "price_1=gold", tiers), "gold");
  EXPECT_EQ(tier_of(change, "x=free,pro=gold", tiers), "gold"); // by the lookup key
  EXPECT_EQ(tier_of(change, "", tiers), "pro");                 // by the metadata
  EXPECT_FALSE(tier_of(change, "price_2=gold", *parse_tiers("free:;gold:")));
  const auto second = read_with([](json& s) {
    s["items"]["data"] =
        json::array({{{"price", {{"id", "price_addon"}}}}, {{"price", {{"id", "price_1"}}}}});
    s["metadata"] = nullptr;
  });
  EXPECT_EQ(tier_of(second, "price_1=gold", tiers), "gold");
  EXPECT_FALSE(tier_of(second, "", tiers));
  const auto none = read_with([](json& s) { s["items"] = 5; });
  EXPECT_TRUE(none.prices.empty());
}

} // namespace
} // namespace latchkey::gateway::billing
