#include "storage/postgres/connection_target.hpp"

#include <algorithm>
#include <string_view>

namespace latchkey::storage::postgres {

namespace {

/// Adds a connection parameter unless the operator's URL or conninfo has it.
void add_parameter(std::string& target, std::string_view name, const std::string& value) {
  if (target.find(std::string(name) + "=") != std::string::npos) return;
  const bool is_url = target.rfind("postgres://", 0) == 0 || target.rfind("postgresql://", 0) == 0;
  if (is_url)
    target += target.find('?') == std::string::npos ? '?' : '&';
  else
    target += ' ';
  target.append(name).append("=").append(value);
}

bool names_several_hosts(std::string_view target) {
  const auto begin = std::min(target.find("://"), target.size());
  const auto authority = target.substr(begin, target.find_first_of("/?", begin + 3) - begin);
  if (authority.find(',') != std::string_view::npos) return true;
  const auto host = target.find("host=");
  if (host == std::string_view::npos) return false;
  const auto end = target.find_first_of("& ", host);
  return target.substr(host, end - host).find(',') != std::string_view::npos;
}

} // namespace

std::string connection_target(const secret& url, const postgres_options& options) {
  std::string target(url.reveal());
  add_parameter(target, "connect_timeout", std::to_string(options.connect_timeout.count()));
  add_parameter(target, "keepalives_idle", "10");
  add_parameter(target, "keepalives_interval", "5");
  add_parameter(target, "keepalives_count", "3");
  add_parameter(target, "tcp_user_timeout", std::to_string(options.round_trip_timeout.count()));
  // Of several hosts, the one that accepts writes.
  if (names_several_hosts(target)) add_parameter(target, "target_session_attrs", "read-write");
  return target;
}

} // namespace latchkey::storage::postgres
