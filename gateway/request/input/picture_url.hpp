// picture_url.hpp — checks the address of a user's picture, on every surface.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::gateway {

/// "Auth Service Internal API Documentation", user_profiles: avatar_url VARCHAR(500).
inline constexpr std::size_t picture_url_bytes_max = 500;

enum class picture_url_form : std::uint8_t {
  absolute,
  /// Relative ones too: "Service Integration API Documentation", Sync User Data, prints
  /// "url-to-picture".
  reference,
};

/// An http(s) URL with a host, of the characters that stand in one (RFC 3986, appendix A), so
/// that no page that shows it need fear it; empty: none. VALIDATION_ERROR with the field.
result<void> check_picture_url(std::string_view field, std::string_view url, picture_url_form form);

} // namespace latchkey::gateway
