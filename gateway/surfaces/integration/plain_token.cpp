#include "gateway/surfaces/integration/plain_token.hpp"

namespace latchkey::gateway::integration {
namespace {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void skip_spaces(std::string_view& rest) noexcept {
  while (!rest.empty() && is_space(rest.front()))
    rest.remove_prefix(1);
}

/// Takes `part` and the white space before it.
bool take(std::string_view& rest, std::string_view part) noexcept {
  skip_spaces(rest);
  if (!rest.starts_with(part)) return false;
  rest.remove_prefix(part.size());
  return true;
}

} // namespace

std::optional<std::string_view> plain_token(std::string_view body) noexcept {
  auto rest = body;
  if (!take(rest, "{") || !take(rest, R"("token")") || !take(rest, ":") || !take(rest, "\""))
    return std::nullopt;
  const auto end = rest.find('"');
  if (end == std::string_view::npos || end == 0 || end > token_bytes_max) return std::nullopt;
  const auto token = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!take(rest, "}")) return std::nullopt;
  skip_spaces(rest);
  if (!rest.empty()) return std::nullopt;
  return token;
}

} // namespace latchkey::gateway::integration
