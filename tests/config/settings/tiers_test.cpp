// tiers_test.cpp — what each tier allows, read from one line and written back.
#include "config/settings/tiers.hpp"

#include "tests/config/settings/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey {
namespace {

using test::load;
using test::only;
using test::refuse;
using testing::ElementsAre;
using testing::HasSubstr;

quota allowed(std::optional<std::int64_t> limit, quota::window renewed = quota::window::none) {
  return {renewed, limit};
}

TEST(Tiers, AreNotReadFromTextOfAnotherForm) {
  for (const auto* text : {"",
                           ";",
                           "free",
                           "free=3",
                           "pro:projects=3",
                           ":projects=3",
                           "free:projects",
                           "free:projects=",
                           "free:=3",
                           "free:projects=-1",
                           "free:projects=+1",
                           "free:projects=1.5",
                           "free:projects=3x",
                           "free:projects= 3",
                           "free:projects=4294967296",
                           "free:projects=3/",
                           "free:projects=3/year",
                           "free:projects=3/month/day",
                           "free:projects=/month",
                           "free:Projects=3",
                           "Free:projects=3",
                           "free:pro jects=3",
                           "free:projects=3,projects=4",
                           "free:projects=3;free:projects=4",
                           "free:projects=Unlimited",
                           "free:,projects=3",
                           ";free:projects=3"})
    EXPECT_FALSE(parse_tiers(text)) << text;
  EXPECT_FALSE(parse_tiers("free:" + std::string(51, 'q') + "=3"));
  std::string many = "free:";
  for (int i = 0; i < 65; ++i)
    many += "q" + std::to_string(i) + "=1,";
  EXPECT_FALSE(parse_tiers(many));
  std::string many_tiers = "free:";
  for (int i = 0; i < 64; ++i)
    many_tiers += ";t" + std::to_string(i) + ":";
  EXPECT_FALSE(parse_tiers(many_tiers));
}

TEST(Tiers, HaveQuotasWithLimitsAndWindows) {
  const auto tiers =
      parse_tiers("free:projects=3,workflows=100/month,mails=0/day;pro:projects=unlimited");
  ASSERT_TRUE(tiers);
  EXPECT_EQ(tiers->quota_of("free", "projects"), allowed(3));
  EXPECT_EQ(tiers->quota_of("free", "workflows"), allowed(100, quota::window::month));
  EXPECT_EQ(tiers->quota_of("free", "mails"), allowed(0, quota::window::day));
  EXPECT_EQ(tiers->quota_of("pro", "projects"), allowed(std::nullopt));
  EXPECT_TRUE(tiers->has("pro"));
  EXPECT_FALSE(tiers->has("enterprise"));
}

TEST(Tiers, AllowNothingOfAQuotaThatTheyDoNotName) {
  const auto tiers = parse_tiers("free:projects=3;pro:projects=unlimited");
  EXPECT_EQ(tiers->quota_of("pro", "workflows"), allowed(0));
  EXPECT_TRUE(parse_tiers("free:")->quotas_of("free").empty());
}

TEST(Tiers, StandForFreeWhenTheyAreNotThereAnyMore) {
  const auto tiers = parse_tiers("free:projects=3;pro:projects=50");
  EXPECT_EQ(tiers->quotas_of("gold"), tiers->quotas_of("free"));
  EXPECT_TRUE(tier_table{}.quotas_of("free").empty());
}

TEST(Tiers, AreShownAsTheyAreRead) {
  const std::string text = "free:api_keys=5,projects=3,workflows=100/month;pro:mails=7/day,"
                           "projects=unlimited,workflows=unlimited/month";
  EXPECT_EQ(to_string(*parse_tiers(text)), text);
}

TEST(Tiers, OfTheDefaultSettingAreFreeProAndEnterprise) {
  const auto tiers = load(only({})).tiers;
  EXPECT_EQ(tiers.quota_of("free", "projects"), allowed(3));
  EXPECT_EQ(tiers.quota_of("pro", "api_keys"), allowed(50));
  EXPECT_EQ(tiers.quota_of("enterprise", "workflows"), allowed(std::nullopt));
}

TEST(StripePrices, BuyTheTierThatStandsBesideThem) {
  constexpr auto prices = "price_1=pro, price_2=enterprise,pro_monthly=pro";
  EXPECT_EQ(tier_of_price(prices, "price_1"), "pro");
  EXPECT_EQ(tier_of_price(prices, "price_2"), "enterprise");
  EXPECT_EQ(tier_of_price(prices, "pro_monthly"), "pro");
  for (const auto* price : {"", "price", "price_", "price_1=pro", "pro", " price_2", "price_11"})
    EXPECT_EQ(tier_of_price(prices, price), "") << price;
  EXPECT_EQ(tier_of_price("", "price_1"), "");
}

TEST(StripePrices, WithATierThatIsNotThereStopTheStart) {
  EXPECT_THAT(refuse(only({{"STRIPE_PRICES", "price_1=pro,price_2=gold"}})),
              ElementsAre(HasSubstr("STRIPE_PRICES is \"price_1=pro,price_2=gold\"")));
  EXPECT_THAT(refuse(only({{"STRIPE_PRICES", "price_1"}})),
              ElementsAre(HasSubstr("expected price=tier")));
  const auto set = load(only({{"STRIPE_PRICES", "p=gold, q=free"}, {"TIERS", "free:;gold:a=1"}}));
  EXPECT_EQ(tier_of_price(set.stripe_prices, "p"), "gold");
}

} // namespace
} // namespace latchkey
