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
  std::string name;  // decoded
  std::string value; // JSON without white space, otherwise as it was written
};

/// The members of the object that `text` is, in their order; else what is wrong with it, to be read
/// after its name ("is not valid JSON"). Strict: RFC 8259 and UTF-8, no name twice in any object,
/// fewer than `depth_max` objects and lists in one another beside the outermost.
tl::expected<std::vector<json_member>, const char*> json_members(std::string_view text,
                                                                 std::size_t depth_max);

/// The text that a JSON string of a `json_member` stands for; empty for what is no string.
std::string json_string_content(std::string_view value);

/// Whether the value of a `json_member` is a number.
bool is_json_number(std::string_view value) noexcept;

} // namespace latchkey
