// header_value.hpp — which texts of a user's can be told to other services in a header.
#pragma once

#include "protocol/result.hpp"

#include <string_view>

namespace latchkey {

/// What becomes an X-User-* or X-Client-* header must go through unchanged (RFC 9110, 5.5): no
/// control characters, tabs among them, and no white space at either end, which readers take
/// off. Other characters go as UTF-8. VALIDATION_ERROR with that field. Checked where such a text
/// comes in: what is stored is told with every request.
result<void> check_header_value(std::string_view field, std::string_view value);

} // namespace latchkey
