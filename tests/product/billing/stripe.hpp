// stripe.hpp — events as Stripe sends them, signed as Stripe signs them.
#pragma once

#include "protocol/tokens/stripe_signature.hpp"
#include "tests/product/product.hpp"

#include <cstdint>
#include <string>

namespace latchkey::test {

inline const std::string stripe_secret = "whsec_test_0123456789abcdef";

inline time_point now() {
  return system_clock_source().now();
}
inline std::int64_t now_s() {
  return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count();
}

/// What an event is about; the rest is as Stripe's dashboard shows it for a monthly plan.
struct stripe_words {
  std::string type = "customer.subscription.updated";
  std::string event;        // empty: one of its own
  std::string subscription; // "sub_…"
  std::string customer;     // "cus_…"
  std::string user;         // metadata.user_id; empty: none
  std::string price = "price_pro_monthly";
  std::string status = "active";
  std::int64_t created = now_s();
};

inline json stripe_item(const stripe_words& of) {
  return {{"id", "si_" + of.subscription},
          {"object", "subscription_item"},
          {"billing_thresholds", nullptr},
          {"created", of.created},
          {"metadata", json::object()},
          {"price",
           {{"id", of.price},
            {"object", "price"},
            {"active", true},
            {"billing_scheme", "per_unit"},
            {"currency", "eur"},
            {"livemode", false},
            {"lookup_key", nullptr},
            {"metadata", json::object()},
            {"product", "prod_1"},
            {"recurring",
             {{"aggregate_usage", nullptr},
              {"interval", "month"},
              {"interval_count", 1},
              {"usage_type", "licensed"}}},
            {"type", "recurring"},
            {"unit_amount", 2000},
            {"unit_amount_decimal", "2000"}}},
          {"quantity", 1},
          {"subscription", of.subscription},
          {"tax_rates", json::array()}};
}

inline json stripe_event(const stripe_words& of) {
  static int last = 0;
  const auto id = of.event.empty() ? "evt_" + new_name() + std::to_string(++last) : of.event;
  const auto path = "/v1/subscription_items?subscription=" + of.subscription;
  const json metadata = of.user.empty() ? json::object() : json{{"user_id", of.user}};
  return {{"id", id},
          {"object", "event"},
          {"api_version", "2023-10-16"},
          {"created", of.created},
          {"data",
           {{"object",
             {{"id", of.subscription},
              {"object", "subscription"},
              {"application", nullptr},
              {"automatic_tax", {{"enabled", false}}},
              {"billing_cycle_anchor", of.created},
              {"cancel_at", nullptr},
              {"cancel_at_period_end", false},
              {"canceled_at", nullptr},
              {"collection_method", "charge_automatically"},
              {"created", of.created},
              {"currency", "eur"},
              {"current_period_end", of.created + 2'592'000},
              {"current_period_start", of.created},
              {"customer", of.customer},
              {"default_payment_method", "pm_1"},
              {"ended_at", nullptr},
              {"items",
               {{"object", "list"},
                {"data", json::array({stripe_item(of)})},
                {"has_more", false},
                {"total_count", 1},
                {"url", path}}},
              {"latest_invoice", "in_1"},
              {"livemode", false},
              {"metadata", metadata},
              {"quantity", 1},
              {"start_date", of.created},
              {"status", of.status},
              {"trial_end", nullptr},
              {"trial_start", nullptr}}},
            {"previous_attributes", {{"status", "incomplete"}}}}},
          {"livemode", false},
          {"pending_webhooks", 1},
          {"request", {{"id", "req_1"}, {"idempotency_key", nullptr}}},
          {"type", of.type}};
}

inline http_call stripe_call(const std::string& body, const std::string& signature) {
  return {"POST",
          "/api/v1/webhooks/stripe",
          {{"Content-Type", "application/json; charset=utf-8"}, {"Stripe-Signature", signature}},
          body};
}

inline std::string signed_at(const std::string& body, time_point at) {
  return make_stripe_signature(body, secret{std::string_view{stripe_secret}}, at);
}

} // namespace latchkey::test
