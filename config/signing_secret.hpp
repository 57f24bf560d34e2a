// signing_secret.hpp — the secret that signs, without making one (settings.hpp has the function
// that does).
#pragma once

#include "config/settings/settings.hpp"

#include <optional>

namespace latchkey {

/// JWT_SECRET_KEY, else what DATA_DIR/jwt_secret holds; nothing when there is neither. Fails, with
/// a sentence for the operator, when the file is not one that its owner alone may read or holds no
/// secret. Changes nothing.
result<std::optional<secret>> read_signing_secret(const settings& values);

} // namespace latchkey
