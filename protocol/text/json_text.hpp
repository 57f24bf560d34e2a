// json_text.hpp — splits a JSON object into the texts of its members. Every number stays as it was
// written: no digit may be lost on the way (RFC 8259, section 6, sets no bound).
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

/// What happens when an object has a name twice.
enum class doubled_names { refused, reported };

/// The members of the object `text`, in their order; else the reason why it is refused, to be read
/// after its name ("is not valid JSON"). Strict: RFC 8259 and UTF-8; no name twice in any object
/// unless `doubled` asks to report it; fewer than `depth_max` nested objects and lists within the
/// outermost.
tl::expected<std::vector<json_member>, const char*>
json_members(std::string_view text, std::size_t depth_max,
             doubled_names doubled = doubled_names::refused);

/// The text of a JSON string of a `json_member`; empty for any other value.
std::string json_string_content(std::string_view value);
/// The JSON string that a part of a `json_member` begins with, quotes included.
std::string_view leading_json_string(std::string_view value) noexcept;

/// Whether both are JSON of one value, however they are written; the order of members does not
/// matter.
bool is_same_json(std::string_view a, std::string_view b);

/// Whether the value of a `json_member` is a number.
bool is_json_number(std::string_view value) noexcept;

} // namespace latchkey
