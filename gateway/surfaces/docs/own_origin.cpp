#include "gateway/surfaces/docs/own_origin.hpp"

#include "gateway/http/message/authority.hpp"

#include <algorithm>

namespace latchkey::gateway::docs {
namespace {

constexpr std::string_view fallback = "http://localhost";

/// A Host header may have quotes and dollar signs (RFC 3986, section 3.2.2); a command may not.
bool is_plain(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{".-_:[]"}.find(c) != std::string_view::npos;
  });
}

} // namespace

std::string own_origin(const http::request& in, std::string_view known_origin) {
  if (!is_plain(in.host)) return std::string{known_origin.empty() ? fallback : known_origin};
  auto secure = "https://" + std::string{in.host};
  if (in.is_tls || http::same_origin(known_origin, secure)) return secure;
  return "http://" + std::string{in.host};
}

} // namespace latchkey::gateway::docs
