// stripe_test.cpp — POST /api/v1/webhooks/stripe: nobody but Stripe is heard, and Stripe is heard
// once, however often and in whichever order it speaks.
#include "tests/product/billing/billing.hpp"
#include "tests/product/billing/stripe.hpp"

#include <map>
#include <memory>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// A server of its own for the suite: the webhook is off unless it has a secret.
class Stripe : public testing::TestWithParam<std::string> {
protected:
  static std::map<std::string, std::unique_ptr<product>>& servers() {
    static std::map<std::string, std::unique_ptr<product>> by_engine;
    return by_engine;
  }
  static product& on() {
    auto& instance = servers()[GetParam()];
    if (!instance)
      instance = std::make_unique<product>(
          GetParam(), environment{{"STRIPE_WEBHOOK_SECRET", stripe_secret},
                                  {"STRIPE_PRICES", "price_pro_monthly=pro,pro_yearly=pro,"
                                                    "price_enterprise=enterprise"}});
    return *instance;
  }
  static void TearDownTestSuite() {
    for (auto& [engine, instance] : servers())
      EXPECT_EQ(instance->server->stop(), 0) << instance->server->log();
    servers().clear();
  }

  member ada = new_member(on());
  stripe_words words = words_about(ada);

  static stripe_words words_about(const member& owner) {
    stripe_words out;
    out.subscription = "sub_" + owner.name;
    out.customer = "cus_" + owner.name;
    out.user = owner.id;
    return out;
  }
  http_reply say(const json& event) const {
    const auto body = event.dump();
    return on().call(stripe_call(body, signed_at(body, now())));
  }
  testing::AssertionResult is_acted_on(const json& event, bool acted = true) const {
    const auto reply = say(event);
    if (reply.status == 200 && json_of(reply) == json{{"received", true}, {"acted", acted}})
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << reply.status << " " << reply.body;
  }
  testing::AssertionResult is_ignored(const json& event) const { return is_acted_on(event, false); }
  json own_subscription() const { return json_of(get_subscription(on(), ada.token)); }
  /// As those see it who may see what Stripe knows.
  std::vector<std::string> row() const {
    const auto found =
        on().store.query("SELECT tier, status, stripe_customer_id, stripe_subscription_id, "
                         "payment_method FROM subscriptions WHERE user_id = '" +
                         ada.id + "'");
    return found.empty() ? std::vector<std::string>{} : found.front();
  }
  json event() const { return stripe_event(words); }
};
LATCHKEY_ON_BOTH_ENGINES(Stripe);

// -- who is heard --------------------------------------------------------------------------

TEST_P(Stripe, IsNotHeardWithoutASecret) {
  product own{GetParam()};
  const auto body = event().dump();
  EXPECT_TRUE(is_error(own.call(stripe_call(body, signed_at(body, now()))), 404, "NOT_FOUND"));
}

TEST_P(Stripe, IsNobodyElse) {
  const auto body = event().dump();
  const auto good = signed_at(body, now());
  const auto refused = [&](const http_call& call, const std::string& reason) {
    return is_error(on().call(call), 400, "VALIDATION_ERROR", "Stripe-Signature", reason);
  };
  EXPECT_TRUE(refused(post_json("/api/v1/webhooks/stripe", body), "is required"));
  EXPECT_TRUE(refused(post_json("/api/v1/webhooks/stripe", "junk"), "is required"));
  EXPECT_TRUE(refused(stripe_call(body, ""), "is required"));
  EXPECT_TRUE(refused(stripe_call(body, "t=1,v1=00"), "does not match"));
  EXPECT_TRUE(refused(stripe_call(body + " ", good), "does not match"));
  EXPECT_TRUE(refused(stripe_call(body, signed_at(body, now() - 310s)), "too old"));
  EXPECT_TRUE(refused(stripe_call(body, signed_at(body, now() + 310s)), "future"));
  const secret other{std::string_view{"whsec_test_0123456789abcdee"}};
  EXPECT_TRUE(
      refused(stripe_call(body, make_stripe_signature(body, other, now())), "does not match"));
  EXPECT_TRUE(refused(stripe_call(body, good).with("Stripe-Signature", good), "given twice"));
  EXPECT_TRUE(row().empty());
}

TEST_P(Stripe, IsHeardInTheFirstAndLastMomentsOfTheToleranceAndAmongOldSecrets) {
  auto body = event().dump();
  const auto late = signed_at(body, now() - 290s);
  const std::string wrong(64, '0');
  EXPECT_EQ(on().call(stripe_call(body, late + ",v1=" + wrong + ",v0=x")).status, 200);
  body = event().dump();
  EXPECT_EQ(on().call(stripe_call(body, signed_at(body, now() + 290s))).status, 200);
  EXPECT_EQ(row().at(0), "pro");
}

TEST_P(Stripe, SpeaksJsonThatIsAnEvent) {
  const auto refused = [&](const std::string& body, const std::string& field) {
    return is_error(on().call(stripe_call(body, signed_at(body, now()))), 400, "VALIDATION_ERROR",
                    field);
  };
  EXPECT_TRUE(refused("", "body"));
  EXPECT_TRUE(refused("{", "body"));
  EXPECT_TRUE(refused("[]", "body"));
  EXPECT_TRUE(refused(std::string(200'000, '['), "body"));
  EXPECT_TRUE(refused("{}", "type"));
  for (const auto* field : {"id", "type", "created"}) {
    auto broken = event();
    broken.erase(field);
    EXPECT_TRUE(refused(broken.dump(), field));
    broken[field] = json::array();
    EXPECT_TRUE(refused(broken.dump(), field));
  }
  for (const auto* field : {"id", "customer", "status"}) {
    auto broken = event();
    broken["data"]["object"][field] = 5;
    EXPECT_TRUE(refused(broken.dump(), std::string{"data.object."} + field));
  }
  const auto body = event().dump();
  auto plain = stripe_call(body, signed_at(body, now()));
  plain.headers.front().value = "text/plain";
  EXPECT_TRUE(is_error(on().call(plain), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type"));
  EXPECT_TRUE(row().empty());
}

// -- what it says ----------------------------------------------------------------------------

TEST_P(Stripe, OpensChangesAndEndsASubscription) {
  words.type = "customer.subscription.created";
  words.status = "incomplete";
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "free");
  EXPECT_EQ(own_subscription()["status"], "incomplete");

  words.type = "customer.subscription.updated";
  words.status = "active";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(row(), (std::vector<std::string>{"pro", "active", words.customer, words.subscription,
                                             "pm_1"}));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  EXPECT_EQ(quota_in(own_subscription(), "projects")["limit"], 50);
  EXPECT_EQ(own_subscription()["end_date"], nullptr);
  EXPECT_EQ(on().store.query("SELECT subscription_tier FROM users WHERE id = '" + ada.id + "'"),
            (std::vector<std::vector<std::string>>{{"pro"}}));

  words.type = "customer.subscription.deleted";
  words.status = "canceled";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "free");
  EXPECT_EQ(own_subscription()["status"], "canceled");
  EXPECT_EQ(quota_in(own_subscription(), "projects")["limit"], 3);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE action = "
                             "'subscription.changed' AND actor = 'stripe' AND user_id = '" +
                             ada.id + "'"),
            3);
}

TEST_P(Stripe, NamesTheUserByNumberOrByTheCustomerItNamedBefore) {
  words.user = on().store.query("SELECT number FROM users WHERE id = '" + ada.id + "'")[0][0];
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  words.user.clear();
  words.price = "price_enterprise";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "enterprise");
}

TEST_P(Stripe, SellsTiersByPriceByLookupKeyOrByMetadata) {
  auto by_key = event();
  by_key["data"]["object"]["items"]["data"][0]["price"]["id"] = "price_unknown";
  by_key["data"]["object"]["items"]["data"][0]["price"]["lookup_key"] = "pro_yearly";
  ASSERT_TRUE(is_acted_on(by_key));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  words.price = "price_unknown";
  words.created += 1;
  auto by_metadata = event();
  by_metadata["data"]["object"]["metadata"]["tier"] = "enterprise";
  ASSERT_TRUE(is_acted_on(by_metadata));
  EXPECT_EQ(own_subscription()["tier"], "enterprise");
}

TEST_P(Stripe, SaysWhenASubscriptionWillEnd) {
  auto ending = event();
  auto& object = ending["data"]["object"];
  object["cancel_at_period_end"] = true;
  object["cancel_at"] = 4'070'908'800; // 2099
  object["canceled_at"] = words.created;
  object["trial_end"] = 4'070'908'801;
  ASSERT_TRUE(is_acted_on(ending));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  EXPECT_EQ(own_subscription()["end_date"], "2099-01-01T00:00:00Z");
  EXPECT_EQ(own_subscription()["trial_ends_at"], "2099-01-01T00:00:01Z");
  EXPECT_EQ(own_subscription()["cancelled_at"],
            to_rfc3339_seconds(time_point{} + 1s * words.created));
}

// -- what it says in vain ----------------------------------------------------------------------

TEST_P(Stripe, IsNotActedOnWhenItSpeaksOfNobodyOrOfWhatIsNotSold) {
  auto stranger = words;
  stranger.user = "00000000-0000-7000-8000-000000000000";
  EXPECT_TRUE(is_ignored(stripe_event(stranger)));
  stranger.user = "somebody";
  EXPECT_TRUE(is_ignored(stripe_event(stranger)));
  stranger.user.clear();
  EXPECT_TRUE(is_ignored(stripe_event(stranger)));
  words.price = "price_unknown";
  EXPECT_TRUE(is_ignored(event()));
  auto odd = event();
  odd["data"]["object"]["metadata"]["tier"] = "gold";
  EXPECT_TRUE(is_ignored(odd));
  words.price = "price_pro_monthly";
  words.type = "invoice.paid";
  EXPECT_TRUE(is_ignored(event()));
  EXPECT_TRUE(row().empty());
}

TEST_P(Stripe, IsActedOnOnceHoweverOftenItRepeatsItself) {
  const auto body = event().dump();
  const std::vector<http_call> calls(20, stripe_call(body, signed_at(body, now())));
  int acted = 0;
  for (const auto& [reply, after] : in_parallel(on().server->port(), calls)) {
    ASSERT_EQ(reply.status, 200) << reply.body;
    acted += json_of(reply)["acted"] == true ? 1 : 0;
  }
  EXPECT_EQ(acted, 1);
  ASSERT_EQ(set_subscription(on(), on().admin(), ada.id, {{"tier", "free"}}).status, 200);
  EXPECT_EQ(on().call(stripe_call(body, signed_at(body, now()))).body,
            R"({"received":true,"acted":false})");
  EXPECT_EQ(own_subscription()["tier"], "free");
}

TEST_P(Stripe, IsNotActedOnWhenItComesTooLate) {
  ASSERT_TRUE(is_acted_on(event()));
  auto old = words;
  old.created -= 1;
  old.status = "past_due";
  EXPECT_TRUE(is_ignored(stripe_event(old)));
  old.type = "customer.subscription.deleted";
  EXPECT_TRUE(is_ignored(stripe_event(old)));
  old.created = words.created;
  old.type = "customer.subscription.created";
  old.status = "incomplete";
  EXPECT_TRUE(is_ignored(stripe_event(old)));
  EXPECT_EQ(own_subscription()["status"], "active");
}

TEST_P(Stripe, EndsNoSubscriptionByTheEndOfTheOneBefore) {
  ASSERT_TRUE(is_acted_on(event()));
  auto second = words;
  second.subscription += "_2";
  second.created += 1;
  second.type = "customer.subscription.created";
  ASSERT_TRUE(is_acted_on(stripe_event(second)));
  words.type = "customer.subscription.deleted";
  words.created += 2;
  EXPECT_TRUE(is_ignored(event()));
  EXPECT_EQ(own_subscription()["tier"], "pro");
}

TEST_P(Stripe, GoesOverWithASubscriptionThatBecomesSomebodyElses) {
  ASSERT_TRUE(is_acted_on(event()));
  const auto bob = new_member(on());
  words.user = bob.id;
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "free");
  EXPECT_EQ(json_of(get_subscription(on(), bob.token))["tier"], "pro");
  words.user.clear();
  words.type = "customer.subscription.deleted";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event())) << "the subscription's owner is known";
  EXPECT_EQ(json_of(get_subscription(on(), bob.token))["tier"], "free");
}

TEST_P(Stripe, KeepsTheTierOfAPriceThatIsNoLongerNamed) {
  ASSERT_TRUE(is_acted_on(event()));
  words.price = "price_unknown";
  words.status = "past_due";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  EXPECT_EQ(own_subscription()["status"], "past_due");
  words.status = "unpaid";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "free");
}

TEST_P(Stripe, EndsATrialByItsWord) {
  words.status = "trialing";
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "pro");
  words.type = "customer.subscription.paused";
  words.status = "paused";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "free");
  words.type = "customer.subscription.resumed";
  words.status = "active";
  words.created += 1;
  ASSERT_TRUE(is_acted_on(event()));
  EXPECT_EQ(own_subscription()["tier"], "pro");
}

TEST_P(Stripe, IsStillKnownAfterARestart) {
  product own{
      GetParam(),
      {{"STRIPE_WEBHOOK_SECRET", stripe_secret}, {"STRIPE_PRICES", "price_pro_monthly=pro"}}};
  const auto bob = new_member(own);
  const auto body = stripe_event(words_about(bob)).dump();
  ASSERT_EQ(own.call(stripe_call(body, signed_at(body, now()))).body,
            R"({"received":true,"acted":true})");
  own.start();
  EXPECT_EQ(own.call(stripe_call(body, signed_at(body, now()))).body,
            R"({"received":true,"acted":false})");
  EXPECT_EQ(json_of(get_subscription(own, bob.token))["tier"], "pro");
}

} // namespace
} // namespace latchkey::test
