#include "gateway/live/ws/frame.hpp"

#include <cstdint>

namespace latchkey::ws {
namespace {

enum class opcode : unsigned char { text = 0x1, close = 0x8, ping = 0x9 };

frame make(opcode of, std::string_view payload) {
  constexpr unsigned char fin = 0x80;
  const std::uint64_t bytes = payload.size();
  auto out = std::make_shared<std::string>();
  out->reserve(payload.size() + 10);
  const auto put = [&](std::uint64_t byte) { *out += static_cast<char>(byte & 0xff); };
  put(fin | static_cast<unsigned char>(of));
  if (bytes <= 125) {
    put(bytes);
  } else {
    const int length_bytes = bytes <= 0xffff ? 2 : 8;
    put(length_bytes == 2 ? 126 : 127);
    for (int i = length_bytes - 1; i >= 0; --i)
      put(bytes >> (8 * i));
  }
  out->append(payload);
  return out;
}

/// At most so many bytes of a UTF-8 text, cut at a character.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end);
}

} // namespace

frame text_frame(std::string_view text) {
  return make(opcode::text, text);
}

frame ping_frame() {
  static const frame empty = make(opcode::ping, {});
  return empty;
}

frame close_frame(close_code code, std::string_view reason) {
  const auto number = static_cast<std::uint16_t>(code);
  std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  payload += cut(reason, control_bytes_max - payload.size());
  return make(opcode::close, payload);
}

} // namespace latchkey::ws
