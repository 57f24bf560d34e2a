// header_value.hpp — which texts of a user may be sent to other services in a header.
#pragma once

#include "protocol/result.hpp"

#include <string_view>

namespace latchkey {

/// Refuses a text that an X-User-* or X-Client-* header would not carry unchanged (RFC 9110, 5.5):
/// control characters, tabs among them, and white space at either end, which readers remove. Other
/// characters are sent as UTF-8. VALIDATION_ERROR with that field. To be called where such a text
/// comes in, for every later request sends it on.
result<void> check_header_value(std::string_view field, std::string_view value);

} // namespace latchkey
