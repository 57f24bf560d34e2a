// field_list.hpp — headers that are comma lists (RFC 9110, section 5.6.1), over all their lines.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/syntax.hpp"

#include <string_view>

namespace latchkey::http {

/// Whether `holds(item)` is true for an item of any header called `name`, in order; asked no
/// more after the first. Empty items are none. Quoted strings are not looked into.
template <class Predicate>
bool any_list_item(const request& in, std::string_view name, Predicate holds) {
  for (const auto& line : in.headers) {
    if (!equal_ignoring_case(line.name, name)) continue;
    auto rest = line.value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      const auto item = trim(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      if (!item.empty() && holds(item)) return true;
    }
  }
  return false;
}

/// Whether `token` is in the list, in any case.
inline bool lists_token(const request& in, std::string_view name, std::string_view token) {
  return any_list_item(in, name,
                       [token](std::string_view item) { return equal_ignoring_case(item, token); });
}

/// Whether the client wants to leave HTTP on this connection and may (RFC 9110, section 7.8):
/// HTTP/1.1, an Upgrade header, and Connection that names it.
inline bool asks_for_upgrade(const request& in) {
  return in.is_http_1_1 && lists_token(in, "Connection", "upgrade") &&
         any_list_item(in, "Upgrade", [](std::string_view) { return true; });
}

} // namespace latchkey::http
