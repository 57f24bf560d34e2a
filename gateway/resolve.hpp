// resolve.hpp — the address that a host setting means.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace latchkey::gateway {

/// A numeric address as it is; of a name, the first address that it resolves to.
/// VALIDATION_ERROR with the reason when there is none.
result<std::string> numeric_address(const std::string& host);

} // namespace latchkey::gateway
