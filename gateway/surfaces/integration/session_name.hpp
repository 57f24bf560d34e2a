// integration/session_name.hpp — turns the session names of other services into our session ids.
#pragma once

#include "protocol/ids.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::gateway::integration {

/// A UUID names the session itself. Any other text stands for a session of that user alone: a
/// UUID of version 8 (RFC 9562, 5.8) made of SHA-256 over the user and the text, so that the
/// same text names the same session whenever it comes.
session_id session_named(const user_id& user, std::string_view text);

inline constexpr std::size_t device_bytes_max = 255; // what a session keeps of a User-Agent

/// "mobile, chrome": of a `device_info` (a JSON object) the texts and numbers, the type first,
/// the browser next, then the others in the order of their names; without control characters,
/// and cut to `device_bytes_max` bytes. Empty for what holds none.
std::string device_words(std::string_view device_info);

} // namespace latchkey::gateway::integration
