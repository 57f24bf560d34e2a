#include "gateway/surfaces/billing/render.hpp"

#include "protocol/text/text_codec.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

namespace latchkey::gateway::billing {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view text) {
  ((out += '"') += name) += "\":";
  append_json_string(out, text);
}

/// An empty text is none.
void append_text_or_null(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return append_text(out, name, text);
  ((out += '"') += name) += "\":null";
}

void append_time(std::string& out, std::string_view name, std::optional<time_point> at) {
  append_text_or_null(out, name, at ? to_rfc3339_seconds(*at) : std::string{});
}

void append_quota(std::string& out, const messages::quota_view& quota) {
  append_text(out += '{', "quota", quota.quota);
  out += ",\"limit\":" + (quota.limit ? std::to_string(*quota.limit) : std::string{"null"});
  out += ",\"used\":" + std::to_string(quota.used);
  append_time(out += ',', "resets_at", quota.resets_at);
  out += '}';
}

} // namespace

std::string subscription_body(const messages::subscription_view& view, looked_at_by whom) {
  const auto& has = view.subscription;
  std::string out = "{";
  append_text_or_null(out, "id", has.id.is_nil() ? std::string{} : to_string(has.id));
  append_text(out += ',', "user_id", to_string(has.user));
  append_text(out += ',', "tier", view.tier);
  append_text(out += ',', "status", has.status);
  append_time(out += ',', "start_date", has.start_date);
  append_time(out += ',', "end_date", has.end_date);
  append_time(out += ',', "trial_ends_at", has.trial_ends_at);
  append_time(out += ',', "cancelled_at", has.cancelled_at);
  append_text_or_null(out += ',', "payment_method", has.payment_method);
  if (whom == looked_at_by::administrator) {
    append_text_or_null(out += ',', "stripe_customer_id", has.stripe_customer_id);
    append_text_or_null(out += ',', "stripe_subscription_id", has.stripe_subscription_id);
  }
  append_time(out += ',', "created_at", has.created_at);
  append_time(out += ',', "updated_at", has.updated_at);
  out += ",\"quotas\":[";
  for (const auto& quota : view.quotas) {
    if (&quota != &view.quotas.front()) out += ',';
    append_quota(out, quota);
  }
  return out += "]}";
}

void append_project(std::string& out, const project_record& project) {
  append_text(out += '{', "id", to_string(project.id));
  append_text(out += ',', "client_id", project.client_id);
  append_text(out += ',', "name", project.name);
  append_text_or_null(out += ',', "description", project.description);
  append_text(out += ',', "owner_id", to_string(project.owner));
  out += project.is_active ? ",\"is_active\":true" : ",\"is_active\":false";
  append_time(out += ',', "created_at", project.created_at);
  append_time(out += ',', "updated_at", project.updated_at);
  out += '}';
}

std::string profile_body(const messages::user_view& user, const profile_record& profile) {
  std::string out = "{";
  append_text(out, "user_id", to_string(user.id));
  append_text(out += ',', "email", user.email);
  const std::initializer_list<std::pair<const char*, const std::string*>> texts = {
      {"first_name", &user.first_name},
      {"last_name", &user.last_name},
      {"company", &profile.company},
      {"phone", &profile.phone},
      {"avatar_url", &profile.avatar_url}};
  for (const auto& [name, text] : texts)
    append_text_or_null(out += ',', name, *text);
  // Checked when it came in: an object, as text.
  out += ",\"preferences\":" + (profile.preferences.empty() ? "null" : profile.preferences);
  append_time(out += ',', "created_at", user.created_at);
  append_time(out += ',', "updated_at", user.updated_at);
  return out += '}';
}

} // namespace latchkey::gateway::billing
