#include "gateway/http/message/request.hpp"

#include "gateway/http/message/syntax.hpp"
#include "protocol/text/text_codec.hpp"

#include <array>

namespace latchkey::http {
namespace {

constexpr std::array<std::string_view, method_count> names{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "OTHER"};
static_assert(static_cast<std::size_t>(method::other) + 1 == method_count);

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Decodes one name or value of a form; false for a bad escape.
bool decode_form(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int byte = hex_byte(text.substr(i + 1));
      if (byte < 0) return false;
      out.push_back(static_cast<char>(byte));
      i += 2;
    }
  }
  return true;
}

} // namespace

std::string_view to_string(method m) noexcept {
  auto index = static_cast<std::size_t>(m);
  return index < names.size() ? names[index] : names.back();
}

method parse_method(std::string_view text) noexcept {
  for (std::size_t i = 0; i + 1 < names.size(); ++i)
    if (text == names[i]) return static_cast<method>(i);
  return method::other;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::optional<std::string_view> request::header(std::string_view name) const noexcept {
  for (const auto& item : headers)
    if (equal_ignoring_case(item.name, name)) return item.value;
  return std::nullopt;
}

void request::clear() noexcept {
  auto kept_headers = std::move(headers);
  auto kept_id = std::move(request_id);
  auto peer = peer_address;
  auto tls = is_tls;
  *this = request{};
  headers = std::move(kept_headers);
  headers.clear();
  request_id = std::move(kept_id);
  request_id.clear();
  peer_address = peer;
  is_tls = tls;
}

namespace {

/// Calls `take` with the value of each cookie of that name.
template <class Take>
void each_cookie(const request& in, std::string_view name, Take take) {
  if (in.cookie.data() == nullptr) return;
  for (const auto& item : in.headers) {
    if (!equal_ignoring_case(item.name, "cookie")) continue;
    auto rest = item.value;
    while (!rest.empty()) {
      auto end = rest.find(';');
      auto pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      auto equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
      auto value = trim(pair.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      take(value);
    }
  }
}

} // namespace

cookie_lookup find_cookie(const request& in, std::string_view name) noexcept {
  cookie_lookup found;
  each_cookie(in, name, [&found](std::string_view value) {
    if (found.count++ == 0) found.value = value;
  });
  return found;
}

std::vector<std::string_view> find_cookies(const request& in, std::string_view name) {
  std::vector<std::string_view> found;
  each_cookie(in, name, [&found](std::string_view value) { found.push_back(value); });
  return found;
}

result<std::optional<std::string>> form_value(std::string_view encoded, std::string_view name) {
  std::optional<std::string> found;
  std::string key, value;
  while (!encoded.empty()) {
    auto end = encoded.find('&');
    auto pair = encoded.substr(0, end);
    encoded = end == std::string_view::npos ? std::string_view{} : encoded.substr(end + 1);
    auto equals = pair.find('=');
    if (!decode_form(pair.substr(0, equals), key) || key != name) continue;
    auto raw = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (found) return fail(error_code::validation_error, std::string(name), "given twice");
    if (!decode_form(raw, value) || !is_valid_utf8(value))
      return fail(error_code::validation_error, std::string(name), "not well-formed");
    found = value;
  }
  return found;
}

bool is_media_type(std::string_view content_type, std::string_view wanted) noexcept {
  return equal_ignoring_case(trim(content_type.substr(0, content_type.find(';'))), wanted);
}

std::string_view bearer_token(const request& in) noexcept {
  constexpr std::string_view scheme = "bearer ";
  if (in.authorization.size() <= scheme.size() ||
      !equal_ignoring_case(in.authorization.substr(0, scheme.size()), scheme))
    return {};
  return trim(in.authorization.substr(scheme.size()));
}

} // namespace latchkey::http
