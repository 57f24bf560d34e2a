// frame.hpp — the frames that a server sends: whole and not masked (RFC 6455, 5.1 and 5.2), so the
// same bytes serve every socket.
#pragma once

#include "gateway/live/ws/close_code.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::ws {

/// A frame's bytes, shared by all sockets that they are sent to.
using frame = std::shared_ptr<const std::string>;

inline constexpr std::size_t control_bytes_max = 125; // RFC 6455, 5.5

/// `text` is UTF-8.
frame text_frame(std::string_view text);
/// An empty ping; its pong is empty too.
frame ping_frame();
/// `reason` is cut at a character when it is longer than a control frame may be.
frame close_frame(close_code code, std::string_view reason = {});

} // namespace latchkey::ws
