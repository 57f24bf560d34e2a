#include "gateway/proxy/rules/upstream_path.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::proxy {
namespace {

/// What stands for itself in a path: pchar of RFC 3986, 3.3, and "/", without ";", which some
/// readers take for the beginning of parameters.
constexpr auto plain_in_a_path = [] {
  std::array<bool, 256> table{};
  constexpr std::string_view plain = "-._~!$&'()*+,=:@/";
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto c = static_cast<char>(i);
    table[i] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               plain.find(c) != std::string_view::npos;
  }
  return table;
}();

void append_encoded(std::string& out, std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain_in_a_path[byte]) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

bool has_an_escaped_dot(std::string_view sent) noexcept {
  return sent.find("%2e") != std::string_view::npos || sent.find("%2E") != std::string_view::npos;
}

/// Whether the name before "=" is that, however it is escaped.
bool is_named(std::string_view parameter, std::string_view name) {
  const auto found = http::form_value(parameter, name);
  return !found || *found;
}

void append_query(std::string& out, std::string_view query, std::string_view without) {
  char separator = '?';
  while (!query.empty()) {
    const auto parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (is_named(parameter, without)) continue;
    out += std::exchange(separator, '&');
    out += parameter;
  }
}

} // namespace

result<void> append_upstream_target(const http::request& in, std::string_view base_path,
                                    std::string& out, std::string_view without) {
  const auto question = in.target.find('?');
  if (!in.path.starts_with('/'))
    return fail(error_code::validation_error, "path", "does not begin with a slash");
  if (has_an_escaped_dot(in.target.substr(0, question)))
    return fail(error_code::validation_error, "path", "has an escaped dot");
  if (in.path.find_first_of("?#") != std::string_view::npos)
    return fail(error_code::validation_error, "path", "has an escaped \"?\" or \"#\"");

  const auto before = out.size();
  out.append(base_path);
  append_encoded(out, in.path);
  if (question != std::string_view::npos && without.empty())
    out.append(in.target.substr(question));
  else if (question != std::string_view::npos)
    append_query(out, in.target.substr(question + 1), without);
  if (out.size() - before <= upstream_target_bytes_max) return {};
  out.resize(before);
  return fail(error_code::uri_too_long);
}

} // namespace latchkey::proxy
