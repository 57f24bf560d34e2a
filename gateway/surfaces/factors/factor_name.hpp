// factors/factor_name.hpp — what its owner calls a factor.
#pragma once

#include "gateway/request/input/input.hpp"

#include <string>

namespace latchkey::gateway::factors {

/// The body's `name`, which is its last field; `otherwise` when it is missing or empty.
/// VALIDATION_ERROR for more than 100 characters and for invisible ones.
result<std::string> factor_name_in(input& body, const char* otherwise);

} // namespace latchkey::gateway::factors
