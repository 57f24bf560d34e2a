// sealed_totp.hpp — the secret of an authenticator app as the store keeps it: sealed with the
// server's key, for that app of that user alone.
#pragma once

#include "protocol/facts/factors.hpp"
#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <string>

namespace latchkey {

/// What totp_record::sealed_secret holds, of an app that has its id and its owner.
std::string seal_totp(const secret& sealing_key, const totp_record& totp, const secret& key);
/// INTERNAL_ERROR for what was sealed under another key or belongs to another app.
result<secret> open_totp(const secret& sealing_key, const totp_record& totp);

} // namespace latchkey
