// common_passwords.hpp — the list that the build makes of protocol/text/common_passwords.txt.
#pragma once

#include <string_view>

namespace latchkey {

/// Sorted by byte, one folded password a line, each ended by a line feed. Static data.
std::string_view common_passwords() noexcept;

} // namespace latchkey
