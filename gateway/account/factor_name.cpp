#include "gateway/account/factor_name.hpp"

#include "protocol/facts/factors.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/text/trim.hpp"

namespace latchkey::gateway {

result<std::string> factor_name_in(input& body, const char* otherwise) {
  const auto given = body.optional_text("name", 4 * storage::factor_name_chars_max);
  if (auto read = body.done(); !read) return fail(read.error());
  return checked_factor_name(given.value_or(""), otherwise);
}

result<std::string> checked_factor_name(std::string_view typed, std::string_view otherwise) {
  const std::string name{trim_white_space(typed)};
  if (name.empty()) return std::string{otherwise};
  if (count_code_points(name) > storage::factor_name_chars_max)
    return fail(error_code::validation_error, "name",
                "must have at most " + std::to_string(storage::factor_name_chars_max) +
                    " characters");
  if (has_invisible_characters(name))
    return fail(error_code::validation_error, "name",
                "must not contain control or invisible characters");
  return name;
}

} // namespace latchkey::gateway
