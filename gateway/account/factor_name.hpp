// account/factor_name.hpp — what its owner calls a factor.
#pragma once

#include "gateway/request/input/input.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway {

/// The body's `name`, which is its last field; `otherwise` when it is missing or empty.
/// VALIDATION_ERROR for more than 100 characters and for invisible ones.
result<std::string> factor_name_in(input& body, const char* otherwise);
/// The same for what was typed.
result<std::string> checked_factor_name(std::string_view typed, std::string_view otherwise);

} // namespace latchkey::gateway
