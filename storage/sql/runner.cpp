#include "storage/sql/runner.hpp"

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

} // namespace latchkey::storage::sql
