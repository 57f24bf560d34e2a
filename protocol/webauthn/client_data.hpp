// client_data.hpp — what the browser says of a ceremony: the JSON that authenticators sign the hash
// of (WebAuthn Level 3, section 5.8.1, CollectedClientData).
#pragma once

#include "protocol/webauthn/refusal.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace latchkey::webauthn {

inline constexpr std::size_t client_data_bytes_max = std::size_t{16} * 1024;

struct client_data {
  std::string type;      // "webauthn.create" or "webauthn.get"
  std::string challenge; // base64url, as it stands there
  std::string origin;
  bool is_cross_origin = false; // also when nothing is said of it
  std::optional<std::string> top_origin = {};
};

/// `malformed_client_data` for what is no JSON object in UTF-8, has a name twice in any object, or
/// a member of a wrong type. A byte order mark before it and unknown members do not matter.
tl::expected<client_data, refusal> parse_client_data(std::string_view json);

} // namespace latchkey::webauthn
