#include "gateway/proxy/rules/identity_headers.hpp"

#include "config/log.hpp"
#include "gateway/http/message/syntax.hpp"
#include "gateway/proxy/rules/header_rules.hpp"
#include "gateway/proxy/rules/trace_context.hpp"
#include "gateway/proxy/rules/upstream_location.hpp"
#include "protocol/text/header_value.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::proxy {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool is_line(std::string_view name, std::string_view value) noexcept {
  return !name.empty() && http::all_of_class(name, http::token_char) &&
         http::all_of_class(value, http::value_char);
}

bool is_named(const std::vector<std::string_view>& options, std::string_view name) noexcept {
  return std::ranges::any_of(
      options, [name](std::string_view option) { return http::equal_ignoring_case(option, name); });
}

/// What is left of a header that may bring some among other things; empty: another header.
std::optional<std::string> without_credentials(std::string_view name, std::string_view value) {
  if (http::equal_ignoring_case(name, "cookie")) return without_own_cookies(value);
  if (http::equal_ignoring_case(name, "sec-websocket-protocol"))
    return without_bearer_subprotocols(value);
  return std::nullopt;
}

/// The client's own headers, as far as they go on.
result<void> append_clients(const http::request& in, bool keeps_tracestate, std::string& out) {
  const auto options = connection_options(in.headers);
  if (!options) return fail(options.error());
  for (const auto& [name, value] : in.headers) {
    if (!is_line(name, value))
      return fail(error_code::validation_error, "headers", "a value cannot be written in one line");
    if (is_of_the_connection(name) || is_the_gateways(name) || is_named(*options, name)) continue;
    if (!keeps_tracestate && http::equal_ignoring_case(name, "tracestate")) continue;
    const auto kept = without_credentials(name, value);
    if (!kept)
      append_line(out, name, value);
    else if (!kept->empty())
      append_line(out, name, *kept);
  }
  return {};
}

/// An upstream's own address is of no use to clients, and none of their business.
std::string for_client(std::string_view name, std::string_view value, const upstream& from) {
  if (http::equal_ignoring_case(name, "location") ||
      http::equal_ignoring_case(name, "content-location"))
    return client_location(value, from);
  if (http::equal_ignoring_case(name, "refresh")) return client_refresh(value, from);
  return std::string{value};
}

/// One of ours. Tabs are none of its characters: readers differ on what they are.
result<void> append_own(std::string& out, std::string_view name, std::string_view value) {
  if (!http::all_of_class(value, http::value_char) || value.find('\t') != value.npos)
    return fail(error_code::internal_error, std::string{name},
                "has a character that no header may have");
  if (value.size() > identity_value_bytes_max)
    return fail(error_code::internal_error, std::string{name}, "is too long for a header");
  append_line(out, name, value);
  return {};
}

/// A stored value that may be sent in a header. A value from before it was checked is left out: an
/// upstream that misses it refuses, where any other spelling might be somebody else's.
void append_known(std::string& out, std::string_view name, std::string_view value) {
  if (auto checked = check_header_value(name, value);
      checked && value.size() <= identity_value_bytes_max)
    return append_line(out, name, value);
  log_warning("proxy", name, " is left out: the stored value cannot be a header");
}

} // namespace

result<void> append_caller(const caller_identity& caller, std::string_view request_id,
                           std::string_view traceparent, std::string& out) {
  auto words = caller.permissions.words();
  // A word with a comma in it would be read as two.
  std::erase_if(words, [](const std::string& word) { return !is_permission(word); });
  const auto permissions = permission_set{std::move(words)}.joined(',');
  const std::pair<std::string_view, std::string_view> known[] = {
      {"X-User-ID", caller.user_id},
      {"X-Client-ID", caller.client_id},
      {"X-User-Role", caller.role},
      {"X-User-Tier", caller.tier},
      {"X-User-Email", caller.email},
      {"X-User-Email-Verified", caller.email_verified ? "true" : "false"},
      {"X-User-Permissions", permissions},
  };
  for (const auto& [name, value] : known)
    append_known(out, name, value);
  auto done = append_own(out, "X-Request-ID", request_id);
  if (done) done = append_own(out, "traceparent", traceparent);
  return done;
}

result<void> append_request_headers(const http::request& in, const forwarding& details,
                                    std::string& out) {
  const auto trace = next_trace(in.headers);
  auto done = append_clients(in, trace.is_continued, out);
  if (done) done = append_caller(details.caller, in.request_id, trace.traceparent, out);
  if (done) done = append_own(out, "X-Forwarded-For", details.client_address);
  if (done) done = append_own(out, "X-Forwarded-Proto", details.is_https ? "https" : "http");
  if (!done) return done;
  if (!in.host.empty()) return append_own(out, "X-Forwarded-Host", in.host);
  return {};
}

result<void> append_response_headers(std::span<const http::header_view> headers, std::string& out,
                                     const upstream* from) {
  const auto unusable = [](const char* why) {
    return fail(error_code::upstream_unavailable, {}, why);
  };
  if (headers.size() > answer_headers_max) return unusable("its answer has too many headers");
  const auto options = connection_options(headers);
  if (!options) return unusable("its answer's Connection is malformed");
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    if (bytes > answer_header_bytes_max) return unusable("its answer's headers are too long");
    if (!is_line(name, value)) return unusable("its answer has a malformed header");
    if (is_of_the_connection(name) || is_the_edges(name) || is_named(*options, name)) continue;
    if (http::equal_ignoring_case(name, "set-cookie") &&
        is_own_cookie(http::trim(value.substr(0, std::min(value.find('='), value.find(';'))))))
      continue;
    append_line(out, name, from == nullptr ? std::string{value} : for_client(name, value, *from));
  }
  return {};
}

} // namespace latchkey::proxy
