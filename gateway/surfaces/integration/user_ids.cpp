#include "gateway/surfaces/integration/user_ids.hpp"

#include <charconv>
#include <utility>

namespace latchkey::gateway::integration {

std::optional<named_user> parse_user(std::string_view text) {
  if (const auto id = parse_uuid(text)) {
    if (id->is_nil()) return std::nullopt;
    return user_id{*id};
  }
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  // One number has one text: no sign, no zero before it.
  const bool is_plain = !text.empty() && text.front() >= '1' && text.front() <= '9';
  if (problem != std::errc{} || stopped != end || !is_plain || number > user_number_max)
    return std::nullopt;
  return number;
}

awaitable<result<user_id>> find_user(http::exchange& ex, std::string_view field,
                                     std::string_view text) {
  if (!parse_user(text))
    co_return fail(error_code::validation_error, std::string{field},
                   "must be a user's number or UUID");
  auto found = co_await resolve_user(ex, text);
  if (!found && found.error().code == error_code::user_not_found)
    co_return fail(error_code::user_not_found, std::string{field}, "names no user");
  co_return found;
}

} // namespace latchkey::gateway::integration
