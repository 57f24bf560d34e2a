#include "gateway/surfaces/billing/render.hpp"

#include "protocol/text/json_writer.hpp"

#include <optional>

namespace latchkey::gateway::billing {
std::string subscription_body(const messages::subscription_view& view, looked_at_by viewer) {
  const auto& record = view.subscription;
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text_or_null("id", record.id.is_nil() ? std::string{} : to_string(record.id))
      .text("user_id", to_string(record.user))
      .text("tier", view.tier)
      .text("status", record.status)
      .time_or_null("start_date", record.start_date)
      .time_or_null("end_date", record.end_date)
      .time_or_null("trial_ends_at", record.trial_ends_at)
      .time_or_null("cancelled_at", record.cancelled_at)
      .text_or_null("payment_method", record.payment_method);
  if (viewer == looked_at_by::administrator)
    body.text_or_null("stripe_customer_id", record.stripe_customer_id)
        .text_or_null("stripe_subscription_id", record.stripe_subscription_id);
  body.time_or_null("created_at", record.created_at)
      .time_or_null("updated_at", record.updated_at)
      .begin_list("quotas");
  for (const auto& quota : view.quotas)
    body.begin_object()
        .text("quota", quota.quota)
        .number_or_null("limit", quota.limit)
        .number("used", quota.used)
        .time_or_null("resets_at", quota.resets_at)
        .end_object();
  body.end_list().end_object();
  return out;
}

void append_project(std::string& out, const project_record& project) {
  json_writer(out)
      .begin_object()
      .text("id", to_string(project.id))
      .text("client_id", project.client_id)
      .text("name", project.name)
      .text_or_null("description", project.description)
      .text("owner_id", to_string(project.owner))
      .flag("is_active", project.is_active)
      .time_or_null("created_at", project.created_at)
      .time_or_null("updated_at", project.updated_at)
      .end_object();
}

std::string profile_body(const messages::user_view& user, const profile_record& profile) {
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text("user_id", to_string(user.id))
      .text("email", user.email)
      .text_or_null("first_name", user.first_name)
      .text_or_null("last_name", user.last_name)
      .text_or_null("company", profile.company)
      .text_or_null("phone", profile.phone)
      .text_or_null("avatar_url", profile.avatar_url);
  // Checked when it came in: an object, as text.
  if (profile.preferences.empty())
    body.null("preferences");
  else
    body.json("preferences", profile.preferences);
  body.time_or_null("created_at", user.created_at)
      .time_or_null("updated_at", user.updated_at)
      .end_object();
  return out;
}

} // namespace latchkey::gateway::billing
