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

void log_event(const event& what) {
  if (!log_enabled(log_level::info)) return;
  std::string line{"event="};
  line += what.name;
  append(line, "code", what.code);
  if (!what.user.is_nil()) append(line, "user", to_string(what.user));
  append(line, "by", what.by);
  append(line, "address", what.address);
  append(line, "request", what.request_id);
  append(line, "route", what.route);
  if (what.began != std::chrono::steady_clock::time_point{}) {
    const auto taken = std::chrono::steady_clock::now() - what.began;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(taken).count();
    append(line, "duration_ms", std::to_string(ms));
  }
  append(line, "reason", what.reason);
  log_info(event_log_name, line);
}

void log_audited(const audit_record& entry) {
  if (entry.action.ends_with("_refused")) return;
  event what;
  what.name = entry.action;
  what.reason = entry.reason;
  if (entry.user) what.user = *entry.user;
  what.by = entry.by;
  what.address = entry.address;
  what.request_id = entry.request_id;
  what.route = entry.route;
  what.began = entry.began;
  log_event(what);
}

} // namespace latchkey
