#include "storage/sql/runner.hpp"

#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <limits>

namespace latchkey::storage::sql {

parameter text_or_null(const std::optional<std::string>& text) {
  return text ? parameter(*text) : parameter();
}

parameter flag_or_null(const std::optional<bool>& flag) {
  return flag ? parameter(*flag) : parameter();
}

parameter time_text(time_point at) {
  return to_rfc3339(at);
}

parameter time_or_null(const std::optional<time_point>& at) {
  return at ? parameter(to_rfc3339(*at)) : parameter();
}

parameter text_or_null_if_empty(const std::string& text) {
  return text.empty() ? parameter() : parameter(text);
}

parameter key_number(std::uint64_t id) {
  return static_cast<std::int64_t>(id);
}

std::uint64_t key_at(const row_source& row, int column) {
  return static_cast<std::uint64_t>(number_at(row, column));
}

std::int64_t row_count(std::size_t rows) noexcept {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(rows, most));
}

bool is_storable(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

} // namespace latchkey::storage::sql
