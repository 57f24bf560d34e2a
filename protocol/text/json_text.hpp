// json_text.hpp — a JSON object taken apart into its members' texts, with every number as it was
// written: what passes through must not lose a digit (RFC 8259, section 6, sets no bound).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace latchkey {

struct json_member {
  std::string name;              // decoded
  std::string value;             // JSON without white space, otherwise as it was written
  bool has_doubled_name = false; // an object in the value has a name twice
};

/// What becomes of a name that stands twice in an object.
enum class doubled_names { refused, told };

/// The members of the object that `text` is, in their order; else what is wrong with it, to be read
/// after its name ("is not valid JSON"). Strict: RFC 8259 and UTF-8, no name twice in any object
/// unless that is to be told, fewer than `depth_max` objects and lists in one another beside the
/// outermost.
tl::expected<std::vector<json_member>, const char*>
json_members(std::string_view text, std::size_t depth_max,
             doubled_names doubled = doubled_names::refused);

/// The text that a JSON string of a `json_member` stands for; empty for what is no string.
std::string json_string_content(std::string_view value);
/// The JSON string that a part of a `json_member` begins with, quotes included.
std::string_view leading_json_string(std::string_view value) noexcept;

/// Whether the value of a `json_member` is a number.
bool is_json_number(std::string_view value) noexcept;

} // namespace latchkey
