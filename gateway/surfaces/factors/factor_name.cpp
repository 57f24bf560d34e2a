#include "gateway/surfaces/factors/factor_name.hpp"

#include "protocol/facts/factors.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/text/trim.hpp"

namespace latchkey::gateway::factors {

result<std::string> factor_name_in(input& body, const char* otherwise) {
  const auto given = body.optional_text("name", 4 * storage::factor_name_chars_max);
  if (auto read = body.done(); !read) return fail(read.error());
  const std::string name{trim_white_space(given.value_or(""))};
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

} // namespace latchkey::gateway::factors
