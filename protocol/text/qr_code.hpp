// qr_code.hpp — a text as a picture that a camera reads (ISO/IEC 18004).
#pragma once

#include "protocol/tokens/secret.hpp"

#include <optional>
#include <string>

namespace latchkey {

/// A square of so many modules a side, the margin that readers want among them; its dark ones as
/// the data of an SVG path.
struct qr_code {
  int side = 0;
  std::string path;
};

/// Nothing for a text that no code holds (over 2 KB).
std::optional<qr_code> make_qr_code(const secret& text);

/// An SVG image, dark on white with the margin that readers want, without size: whoever shows it
/// chooses one. Nothing for a text that no code holds (over 2 KB).
std::optional<std::string> qr_code_svg(const secret& text);

} // namespace latchkey
