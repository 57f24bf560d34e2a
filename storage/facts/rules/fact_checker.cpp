#include "storage/facts/rules/fact_checker.hpp"

#include "protocol/permission.hpp"
#include "protocol/text/json_text.hpp"
#include "protocol/text/text_codec.hpp"

#include <limits>

namespace latchkey::storage {

namespace {

constexpr std::size_t json_depth_max = 256; // bounds the scanner's recursion

} // namespace

void fact_checker::text(const char* field, std::string_view value, std::size_t chars_max) {
  if (value.find('\0') != std::string_view::npos)
    wrong(field, "contains a NUL character");
  else if (!is_valid_utf8(value))
    wrong(field, "is not UTF-8");
  else if (value.size() > chars_max && count_code_points(value) > chars_max)
    wrong(field, "is too long");
}

void fact_checker::counter(const char* field, std::uint64_t value) {
  require(value < static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()), field,
          "is out of range");
}

void fact_checker::key(const char* field, std::string_view value) {
  name(field, value, name_key_chars_max);
  require(value.size() <= name_key_bytes_max, field, "is too long");
}

void fact_checker::words(const char* field, const std::vector<std::string>& value) {
  require(value.size() <= permissions_max, field, "has too many");
  for (const auto& word : value) {
    name(field, word, permission_bytes_max);
    require(word.find_first_of(" \t\r\n") == std::string::npos, field, "has a space in a word");
  }
}

void fact_checker::json_object(const char* field, std::string_view value, std::size_t bytes_max) {
  if (value.empty()) return;
  text(field, value, bytes_max);
  require(value.size() <= bytes_max, field, "is too long");
  // A parser that reads numbers would change those that no double holds.
  require(json_members(value, json_depth_max).has_value(), field, "is not a JSON object");
}

} // namespace latchkey::storage
