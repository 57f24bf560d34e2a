#include "actors/audit/event_log.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <string>

namespace latchkey {
namespace {

constexpr std::string_view event_log_name = "event";

void append(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  ((out += ' ') += name) += '=';
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':' || c == '/';
  };
  if (std::ranges::all_of(value, is_plain)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value)
    out += c == '"' ? '\'' : c; // control characters are the log's own care
  out += '"';
}

} // namespace

void log_event(const event& logged) {
  if (!log_enabled(log_level::info)) return;
  std::string line{"event="};
  line += logged.name;
  append(line, "code", logged.code);
  if (!logged.user.is_nil()) append(line, "user", to_string(logged.user));
  append(line, "by", logged.by);
  append(line, "address", logged.address);
  append(line, "request", logged.request_id);
  append(line, "route", logged.route);
  if (logged.began != std::chrono::steady_clock::time_point{}) {
    const auto taken = std::chrono::steady_clock::now() - logged.began;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(taken).count();
    append(line, "duration_ms", std::to_string(ms));
  }
  append(line, "reason", logged.reason);
  log_info(event_log_name, line);
}

void log_audited(const audit_record& entry) {
  if (entry.action.ends_with("_refused")) return;
  event logged;
  logged.name = entry.action;
  logged.reason = entry.reason;
  if (entry.user) logged.user = *entry.user;
  logged.by = entry.by;
  logged.address = entry.address;
  logged.request_id = entry.request_id;
  logged.route = entry.route;
  logged.began = entry.began;
  log_event(logged);
}

} // namespace latchkey
