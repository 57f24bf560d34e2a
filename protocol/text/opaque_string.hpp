// opaque_string.hpp — the form in which passwords are counted, hashed and compared.
#pragma once

#include "protocol/tokens/secret.hpp"

namespace latchkey {

/// The password prepared as an OpaqueString (RFC 8265, 4.2.2): each space beyond ASCII (Unicode's
/// Zs) becomes U+0020, then all of it is normalised (NFC), so that the spellings of different
/// keyboards are one. Case, width and everything else stay. Unlike there nothing is refused: any
/// character may stand in a password, and what is not UTF-8 stays as it is.
secret opaque_string(const secret& password);

} // namespace latchkey
