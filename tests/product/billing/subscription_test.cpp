// subscription_test.cpp — GET /api/v1/subscription and PUT /api/v1/admin/subscriptions/{user_id}:
// tiers, what they allow, and who sets them.
#include "tests/product/billing/billing.hpp"

namespace latchkey::test {
namespace {

class Subscription : public Product {
protected:
  member ada = new_member(on());
  std::string admin = on().admin();

  json own_subscription() const { return json_of(get_subscription(on(), ada.token)); }
  http_reply set(const json& body) const { return set_subscription(on(), admin, ada.id, body); }
};
LATCHKEY_ON_BOTH_ENGINES(Subscription);

TEST_P(Subscription, IsShownToNobodyElse) {
  EXPECT_TRUE(is_error(call(get("/api/v1/subscription")), 401, "AUTH003"));
}

TEST_P(Subscription, IsSetByAdministratorsAlone) {
  const auto body = json{{"tier", "pro"}}.dump();
  const auto path = "/api/v1/admin/subscriptions/" + ada.id;
  EXPECT_TRUE(is_error(call(put_json(path, body)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(put_json(path, body).as(ada.token)), 403, "AUTH004"));
  EXPECT_EQ(own_subscription()["tier"], "free");
}

TEST_P(Subscription, NamesTheFieldThatIsWrongAndChangesNothing) {
  struct refused {
    json body;
    std::string field;
  };
  const std::vector<refused> cases = {
      {json::object(), "tier"},
      {{{"tier", nullptr}}, "tier"},
      {{{"tier", 5}}, "tier"},
      {{{"tier", ""}}, "tier"},
      {{{"tier", "gold"}}, "tier"},
      {{{"tier", std::string(51, 'x')}}, "tier"},
      {{{"tier", "pro"}, {"status", "great"}}, "status"},
      {{{"tier", "pro"}, {"status", nullptr}}, "status"},
      {{{"tier", "pro"}, {"status", 1}}, "status"},
      {{{"tier", "pro"}, {"end_date", "tomorrow"}}, "end_date"},
      {{{"tier", "pro"}, {"end_date", 1700000000}}, "end_date"},
      {{{"tier", "pro"}, {"trial_ends_at", "2026-13-01T00:00:00Z"}}, "trial_ends_at"},
      {{{"tier", "pro"}, {"payment_method", std::string(101, 'x')}}, "payment_method"},
      {{{"tier", "pro"}, {"payment_method", "a\nb"}}, "payment_method"},
      {{{"tier", "pro"}, {"stripe_customer_id", "cus_1"}}, "stripe_customer_id"},
      {{{"tier", "pro"}, {"user_id", ada.id}}, "user_id"},
      {{{"tier", "pro"}, {"id", ada.id}}, "id"},
  };
  for (const auto& example : cases)
    EXPECT_TRUE(is_error(set(example.body), 400, "VALIDATION_ERROR", example.field))
        << example.body;
  EXPECT_EQ(own_subscription()["tier"], "free");
  EXPECT_EQ(own_subscription()["id"], nullptr);
}

TEST_P(Subscription, OfNobodyCannotBeSet) {
  for (const auto* id : {"00000000-0000-7000-8000-000000000000", "999999999", "nobody"})
    EXPECT_TRUE(is_error(set_subscription(on(), admin, id, {{"tier", "pro"}}), 404, "USER001"))
        << id;
}

TEST_P(Subscription, OfWhoNeverHadOneIsFree) {
  const auto reply = get_subscription(on(), ada.token);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body),
            (keys{"id", "user_id", "tier", "status", "start_date", "end_date", "trial_ends_at",
                  "cancelled_at", "payment_method", "created_at", "updated_at", "quotas"}));
  EXPECT_EQ(body["id"], nullptr);
  EXPECT_EQ(body["user_id"], ada.id);
  EXPECT_EQ(body["tier"], "free");
  EXPECT_EQ(body["status"], "active");
  EXPECT_EQ(quota_in(body, "projects"),
            (json{{"quota", "projects"}, {"limit", 3}, {"used", 0}, {"resets_at", nullptr}}));
  EXPECT_EQ(quota_in(body, "workflows")["limit"], 100);
  EXPECT_TRUE(
      quota_in(body, "workflows")["resets_at"].get<std::string>().ends_with("-01T00:00:00Z"));
}

TEST_P(Subscription, IsWhatAnAdministratorSays) {
  const json body = {{"tier", "pro"},
                     {"status", "trialing"},
                     {"end_date", "2099-01-01T01:00:00+01:00"},
                     {"trial_ends_at", "2098-12-31T00:00:00Z"},
                     {"payment_method", "invoice"}};
  const auto reply = set(body);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto answered = json_of(reply);
  EXPECT_EQ(answered["tier"], "pro");
  EXPECT_EQ(answered["stripe_customer_id"], nullptr);
  const auto seen = own_subscription();
  EXPECT_FALSE(seen.contains("stripe_customer_id"));
  for (const auto* name : {"id", "user_id", "start_date", "created_at", "quotas"})
    EXPECT_EQ(seen[name], answered[name]) << name;
  EXPECT_EQ(seen["status"], "trialing");
  EXPECT_EQ(seen["end_date"], "2099-01-01T00:00:00Z");
  EXPECT_EQ(seen["trial_ends_at"], "2098-12-31T00:00:00Z");
  EXPECT_EQ(seen["payment_method"], "invoice");
  EXPECT_EQ(quota_in(seen, "projects")["limit"], 50);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE action = "
                             "'subscription.changed' AND user_id = '" +
                             ada.id + "'"),
            1);
}

TEST_P(Subscription, TakesTheUsualForWhatIsNotGiven) {
  ASSERT_EQ(set({{"tier", "pro"}, {"status", "canceled"}, {"payment_method", "card"}}).status, 200);
  EXPECT_NE(own_subscription()["cancelled_at"], nullptr);
  ASSERT_EQ(set({{"tier", "enterprise"}}).status, 200);
  const auto seen = own_subscription();
  EXPECT_EQ(seen["status"], "active");
  for (const auto* name : {"end_date", "trial_ends_at", "cancelled_at", "payment_method"})
    EXPECT_EQ(seen[name], nullptr) << name;
  EXPECT_EQ(quota_in(seen, "projects")["limit"], nullptr);
}

TEST_P(Subscription, ThatIsOverOrUnpaidCountsAsFree) {
  for (const auto* status : {"canceled", "unpaid", "incomplete", "incomplete_expired", "paused"}) {
    ASSERT_EQ(set({{"tier", "pro"}, {"status", status}}).status, 200);
    EXPECT_EQ(own_subscription()["tier"], "free") << status;
    EXPECT_EQ(quota_in(own_subscription(), "projects")["limit"], 3) << status;
  }
  ASSERT_EQ(set({{"tier", "pro"}, {"end_date", "2020-01-01T00:00:00Z"}}).status, 200);
  EXPECT_EQ(own_subscription()["tier"], "free");
  ASSERT_EQ(set({{"tier", "pro"}, {"status", "past_due"}}).status, 200);
  EXPECT_EQ(own_subscription()["tier"], "pro");
}

TEST_P(Subscription, IsThereAfterARestart) {
  product own{GetParam()};
  const auto bob = new_member(own);
  ASSERT_EQ(set_subscription(own, own.admin(), bob.id, {{"tier", "pro"}}).status, 200);
  ASSERT_EQ(create_project(own, bob.token).status, 201);
  own.start();
  const auto seen = json_of(get_subscription(own, bob.token));
  EXPECT_EQ(seen["tier"], "pro");
  EXPECT_EQ(quota_in(seen, "projects")["used"], 1);
}

TEST_P(Subscription, HasTheTiersAndWindowsOfTheSettings) {
  product own{GetParam(), {{"TIERS", "free:mails=7/day;gold:projects=1"}}};
  const auto bob = new_member(own);
  const auto refused = create_project(own, bob.token);
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_EQ(details_of(refused),
            (json{{"quota", "projects"}, {"limit", 0}, {"resets_at", nullptr}}));
  EXPECT_EQ(quota_in(json_of(get_subscription(own, bob.token)), "mails")["limit"], 7);
  const auto admin_there = own.admin();
  EXPECT_TRUE(is_error(set_subscription(own, admin_there, bob.id, {{"tier", "pro"}}), 400,
                       "VALIDATION_ERROR", "tier"));
  ASSERT_EQ(set_subscription(own, admin_there, bob.id, {{"tier", "gold"}}).status, 200);
  EXPECT_EQ(create_project(own, bob.token).status, 201);
}

} // namespace
} // namespace latchkey::test
