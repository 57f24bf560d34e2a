// sealed.hpp — text that is kept where others may read it: AES-256-GCM (NIST SP 800-38D) under
// a key of its own for each text, derived from the server's (HKDF, RFC 5869).
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t sealed_text_bytes_max = std::size_t{256} * 1024;

/// base64url of salt, ciphertext and tag; never the same twice. `bound_to` says where the text
/// belongs, such as its row's id: it is not kept, and nothing else opens the text. `text` has at
/// most `sealed_text_bytes_max` bytes; what is longer is cut off there.
std::string seal(const secret& key, std::string_view text, std::string_view bound_to);

/// INTERNAL_ERROR with a reason for what was sealed under another key, belongs elsewhere or
/// was changed.
result<secret> open_sealed(const secret& key, std::string_view sealed, std::string_view bound_to);

} // namespace latchkey
