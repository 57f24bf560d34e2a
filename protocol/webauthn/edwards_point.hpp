// edwards_point.hpp — whether bytes are a point that an Ed25519 key may be; private to the library.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey::webauthn {

inline constexpr std::size_t ed25519_bytes = 32;

/// Whether they encode a point of the curve (RFC 8032, section 5.1.3) that is none of the eight of
/// a small order: for a key which is one of those, signatures are made without a private key.
/// OpenSSL asks neither, nor is there need to before each use of a key.
bool is_ed25519_point(std::string_view bytes);

} // namespace latchkey::webauthn
