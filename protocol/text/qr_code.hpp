// qr_code.hpp — a text as a picture that a camera reads (ISO/IEC 18004).
#pragma once

#include "protocol/tokens/secret.hpp"

#include <optional>
#include <string>

namespace latchkey {

/// An SVG image, dark on white with the margin that readers want, without size: whoever shows it
/// chooses one. Nothing for a text that no code holds (over 2 KB).
std::optional<std::string> qr_code_svg(const secret& text);

} // namespace latchkey
