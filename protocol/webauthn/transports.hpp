// transports.hpp — the ways between a browser and an authenticator (WebAuthn Level 3, section
// 5.8.4).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::webauthn {

inline constexpr std::array<std::string_view, 6> known_transports{
    "usb", "nfc", "ble", "smart-card", "hybrid", "internal"};

/// Those of `names` that are known, each once, in the order above.
std::vector<std::string> known_transports_of(const std::vector<std::string>& names);

} // namespace latchkey::webauthn
