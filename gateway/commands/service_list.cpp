#include "gateway/commands/service_list.hpp"

#include "actors/registry/registry.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/text_codec.hpp"

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
  const auto text = [&out](std::string_view value) {
    std::string quoted;
    append_json_string(quoted, value);
    out << quoted;
  };
  const auto time = [&](const std::optional<time_point>& at) {
    if (at)
      text(to_rfc3339(*at));
    else
      out << "null";
  };
  const char* before = "[";
  for (const auto& service : all.services) {
    out << before << "{\"id\":";
    before = ",";
    text(service.id);
    out << ",\"scopes\":[";
    const char* next = "";
    const auto granted = scopes_of(service);
    for (const auto& scope : granted.words()) {
      out << next;
      next = ",";
      text(scope);
    }
    out << "],\"rate\":";
    if (service.rate_count == 0)
      out << "null";
    else
      text(rate_of(service));
    out << ",\"keys\":[";
    const char* comma = "";
    for (const auto& key : all.keys) {
      if (key.service != service.id) continue;
      out << comma << "{\"id\":\"" << to_string(key.id) << "\",\"prefix\":";
      comma = ",";
      text(key.prefix);
      out << ",\"created_at\":";
      time(key.created_at);
      out << ",\"last_used_at\":";
      time(key.last_used_at);
      out << ",\"revoked_at\":";
      time(key.revoked_at);
      out << '}';
    }
    out << "]}";
  }
  out << (all.services.empty() ? "[]\n" : "]\n");
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
