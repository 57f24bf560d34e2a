// setting_limits_test.cpp — the forms of rates, networks, keys, prices and mail settings.
#include "config/settings/setting_values.hpp"

#include "tests/config/settings/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey {
namespace {

namespace values = setting_values;
using test::load;
using test::only;
using test::refuse;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

TEST(Rate, IsNotReadFromTextOfAnotherForm) {
  for (const auto* text : {"",
                           "100",
                           "/minute",
                           "100/",
                           "0/minute",
                           "-1/minute",
                           "1.5/minute",
                           "100 / minute",
                           "100/fortnight",
                           "100/0minutes",
                           "100/-1s",
                           "100/minute/2",
                           "100/MINUTE",
                           "100/ms",
                           "100/ss",
                           "1000000001/day",
                           "1/367days",
                           "1/9000h",
                           "00",
                           "off",
                           "100/15"})
    EXPECT_FALSE(values::rate(text)) << text;
}

TEST(Rate, IsACountInAWindowOfSeconds) {
  EXPECT_EQ(values::rate("0"), (rate_limit{0, 0}));
  EXPECT_EQ(values::rate("100/minute"), (rate_limit{100, 60}));
  EXPECT_EQ(values::rate("1000/hour"), (rate_limit{1000, 3600}));
  EXPECT_EQ(values::rate("10/15minutes"), (rate_limit{10, 900}));
  EXPECT_EQ(values::rate("5/30s"), (rate_limit{5, 30}));
  EXPECT_EQ(values::rate("5/2h"), (rate_limit{5, 7200}));
  EXPECT_EQ(values::rate("1/366days"), (rate_limit{1, 366 * 86400}));
}

TEST(Rate, IsShownInAFormThatReadsTheSame) {
  for (const auto* text : {"0", "100/minute", "1000/hour", "10/15minutes", "5/30seconds",
                           "1/second", "7/90seconds", "2/day", "3/25hours"}) {
    const auto limit = values::rate(text);
    ASSERT_TRUE(limit) << text;
    EXPECT_EQ(values::shown_rate(*limit), text);
  }
}

TEST(Rate, OfASettingThatIsWrongStopsTheStartInTheWordsOfTheTable) {
  for (const auto* name : {"RATE_LIMIT_DEFAULT", "RATE_LIMIT_SERVICE", "LOGIN_FAILURE_LIMIT",
                           "LOGIN_FAILURE_LIMIT_ADDRESS"})
    EXPECT_THAT(refuse(only({{name, "100/fortnight"}})),
                ElementsAre(AllOf(HasSubstr(name), HasSubstr("expected a rate"))));
  const auto set = load(only({{"RATE_LIMIT_SERVICE", "7/2minutes"}, {"LOGIN_FAILURE_LIMIT", "0"}}));
  EXPECT_EQ(set.rate_limit_service, (rate_limit{7, 120}));
  EXPECT_TRUE(set.login_failure_limit.is_off());
  EXPECT_EQ(set.rate_limit_default, (rate_limit{1000, 3600}));
}

TEST(TrustedProxies, AreAddressesOrNetworks) {
  for (const auto* text : {"", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0",
                           "10.0.0.0/8/8", "::1/129", "[::1]", "10.0.0.1:80", "10.0.0.0/0x8"})
    EXPECT_FALSE(parse_network(text)) << text;
  for (const auto* text : {"10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::/128"})
    EXPECT_TRUE(parse_network(text)) << text;
  EXPECT_THAT(load(only({{"TRUSTED_PROXIES", "10.0.0.0/8, ::1"}})).trusted_proxies,
              ElementsAre(Field(&ip_network::text, "10.0.0.0/8"), Field(&ip_network::text, "::1")));
  EXPECT_THAT(refuse(only({{"TRUSTED_PROXIES", "10.0.0.0/8,proxy.example"}})),
              ElementsAre(HasSubstr("TRUSTED_PROXIES")));
}

TEST(ServiceKeys, AreIdsWithKeysThatAreLongEnough) {
  for (const auto* text :
       {"", "0123456789abcdef", ":0123456789abcdef", "flask:", "flask:0123456789abcde",
        "fl ask:0123456789abcdef", "flask:0123456789 abcdef", "flask:0123456789abcdef,",
        "flask:0123456789abcdef,other"})
    EXPECT_FALSE(values::is_service_keys(text)) << text;
  EXPECT_FALSE(values::is_service_keys(std::string(65, 'a') + ":0123456789abcdef"));
  EXPECT_FALSE(values::is_service_keys("flask:" + std::string(129, 'k')));
  EXPECT_TRUE(values::is_service_keys("flask:0123456789abcdef"));
  EXPECT_TRUE(values::is_service_keys("flask:0123456789abcdef, core.manager-2:fedcba98:76543210"));
  EXPECT_THAT(refuse(only({{"SERVICE_KEYS", "flask:hunt3r"}})),
              ElementsAre(AllOf(HasSubstr("SERVICE_KEYS"), Not(HasSubstr("hunt3r")))));
}

TEST(StripeSecret, IsNeverShown) {
  EXPECT_THAT(refuse(only({{"STRIPE_WEBHOOK_SECRET", "whsec_hunt3r"}})),
              ElementsAre(AllOf(HasSubstr("STRIPE_WEBHOOK_SECRET"), Not(HasSubstr("hunt3r")))));
  const auto set = load(only({{"STRIPE_WEBHOOK_SECRET", "whsec_0123456789"}}));
  EXPECT_EQ(set.stripe_webhook_secret.reveal(), "whsec_0123456789");
  EXPECT_THAT(describe(set), Not(HasSubstr("whsec")));
}

TEST(PriceList, IsPairsOfWords) {
  for (const auto* text : {"", "price", "=pro", "price=", "price=pro,", "pri ce=pro", "price=p ro"})
    EXPECT_FALSE(values::is_price_list(text)) << text;
  EXPECT_TRUE(values::is_price_list("price_1Mr=pro"));
  EXPECT_TRUE(values::is_price_list("price_1=pro, pro_monthly=pro"));
}

TEST(SmtpUrl, HasASchemeAHostAndPerhapsALogin) {
  for (const auto* text :
       {"", "mail.example", "http://mail.example", "SMTP://mail.example", "smtp://",
        "smtp://user@mail.example", "smtp://us:er:pw@mail.example", "smtp://u:p@h@mail.example",
        "smtp://u:p/w@mail.example", "smtp://u:p%zz@mail.example", "smtp://mail.example:0x",
        "smtp://mail example", "smtp://mail.example/path"})
    EXPECT_FALSE(values::is_smtp_url(text)) << text;
  for (const auto* text : {"smtp://mail.example", "smtps://mail.example:465", "smtp://[::1]:25/",
                           "smtp://u%40x:p%2Fw@mail.example:587"})
    EXPECT_TRUE(values::is_smtp_url(text)) << text;
}

TEST(ResetUrl, HasAPlaceForTheToken) {
  for (const auto* text : {"", "https://app.example/reset", "app.example/reset?t={token}",
                           "javascript:{token}", "https://app.example/re set?t={token}"})
    EXPECT_FALSE(values::is_reset_url(text)) << text;
  EXPECT_FALSE(values::is_reset_url("https://a/{token}" + std::string(2000, 'x')));
  EXPECT_TRUE(values::is_reset_url("https://app.example/reset?t={token}"));
}

TEST(ServiceKeyRequired, IsTrueOrFalse) {
  EXPECT_FALSE(load(only({})).service_key_required);
  EXPECT_TRUE(load(only({{"SERVICE_KEY_REQUIRED", "true"}})).service_key_required);
  for (const auto* text : {"1", "yes", "TRUE", "tru"})
    EXPECT_THAT(refuse(only({{"SERVICE_KEY_REQUIRED", text}})),
                ElementsAre(HasSubstr("expected true or false")));
}

} // namespace
} // namespace latchkey
