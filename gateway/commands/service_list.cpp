#include "gateway/commands/service_list.hpp"

#include "actors/registry/registry.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/json_writer.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <ostream>

namespace latchkey::gateway::commands {
namespace {

std::string rate_of(const service_record& service) {
  return service.rate_count == 0
             ? std::string{}
             : setting_values::shown_rate({service.rate_count, service.rate_window_s});
}

std::string time_or_empty(const std::optional<time_point>& at) {
  return at ? to_rfc3339(*at) : std::string{};
}

using row = std::array<std::string, 7>;

row row_of(const service_record& service, const service_key_record* key) {
  std::string scopes;
  const auto granted = scopes_of(service);
  for (const auto& scope : granted.words())
    (scopes += scopes.empty() ? "" : " ") += scope;
  const auto rate = service.rate_count == 0 ? "default" : rate_of(service);
  if (key == nullptr) return {service.id, "-", "-", "no key", "-", rate, scopes};
  return {service.id,
          to_string(key->id),
          key->prefix,
          key->revoked_at ? "revoked" : "live",
          key->last_used_at ? to_rfc3339_seconds(*key->last_used_at) : "never",
          rate,
          scopes};
}

} // namespace

void print_services_as_json(std::ostream& out, const storage::list_services::answer& all) {
  std::string text;
  json_writer json(text);
  json.begin_list();
  for (const auto& service : all.services) {
    json.begin_object()
        .text("id", service.id)
        .texts("scopes", scopes_of(service).words())
        .text_or_null("rate", rate_of(service))
        .begin_list("keys");
    for (const auto& key : all.keys)
      if (key.service == service.id)
        json.begin_object()
            .text("id", to_string(key.id))
            .text("prefix", key.prefix)
            .text("created_at", to_rfc3339(key.created_at))
            .text_or_null("last_used_at", time_or_empty(key.last_used_at))
            .text_or_null("revoked_at", time_or_empty(key.revoked_at))
            .end_object();
    json.end_list().end_object();
  }
  json.end_list();
  out << text << '\n';
}

void print_services(std::ostream& out, const storage::list_services::answer& all) {
  std::vector<row> rows{{"SERVICE", "KEY ID", "PREFIX", "STATE", "LAST USED", "RATE", "SCOPES"}};
  for (const auto& service : all.services) {
    const auto before = rows.size();
    for (const auto& key : all.keys)
      if (key.service == service.id) rows.push_back(row_of(service, &key));
    if (rows.size() == before) rows.push_back(row_of(service, nullptr));
  }
  std::array<std::size_t, std::tuple_size_v<row>> widths{};
  for (const auto& line : rows)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths.at(i) = std::max(widths.at(i), line.at(i).size());
  for (const auto& line : rows) {
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      out << std::left << std::setw(static_cast<int>(widths.at(i))) << line.at(i) << "  ";
    out << line.back() << '\n';
  }
}

} // namespace latchkey::gateway::commands
