// request/authentication_words.hpp — how a session was authenticated, as JSON.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/text/json_writer.hpp"

namespace latchkey::gateway {

/// `acr`, `amr`, `auth_time` (seconds since the epoch, as in tokens).
void write_authentication(json_writer& out, const authentication& authenticated);

} // namespace latchkey::gateway
