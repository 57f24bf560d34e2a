// sign_in/factor_proof.hpp — what somebody shows as a factor, as requests and live sockets say it.
#pragma once

#include "gateway/request/input/input.hpp"
#include "protocol/messages/factors.hpp"

#include <functional>
#include <string_view>

namespace latchkey::gateway {

/// Of the `method` the member that goes with it: `code`, `password` (where the method may be that)
/// or `credential`, an AuthenticationResponseJSON, which `read_passkey` reads. It is the last
/// member: VALIDATION_ERROR for any that is wrong or unknown, and for another method.
result<messages::factor_proof> read_factor_proof(
    input& body, std::string_view method, bool takes_password,
    const std::function<result<messages::passkey_proof>(std::string_view)>& read_passkey);

} // namespace latchkey::gateway
