// integration/picture_url.hpp — where a user's picture is, as other services tell it.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <string_view>

namespace latchkey::gateway::integration {

/// "Auth Service Internal API Documentation", user_profiles: avatar_url VARCHAR(500).
inline constexpr std::size_t picture_url_bytes_max = 500;

/// A reference (RFC 3986, 4.1): relative, or of the schemes http and https, so that no page that
/// shows it can be made to run it. VALIDATION_ERROR with the field.
result<void> check_picture_url(std::string_view field, std::string_view url);

} // namespace latchkey::gateway::integration
