// passkeys/site.hpp — for which domain passkeys are made, and which pages may ask for them.
#pragma once

#include "gateway/request/endpoint.hpp"
#include "protocol/messages/factors.hpp"

#include <string_view>

namespace latchkey::gateway {

/// PASSKEY_DOMAIN, else the host of ISSUER; our own pages and those of PASSKEY_ORIGINS. A server
/// without an ISSUER that listens on a loopback address alone makes them for "localhost", on
/// whichever port the client has reached it. NOT_FOUND (field "passkey") when there is no domain,
/// for an IP address is none (WebAuthn Level 3, section 5.1.3).
result<messages::passkey_site> passkey_site_of(const http::exchange& ex);
/// The same; `local_origin` is where a client has reached a server of the latter kind.
result<messages::passkey_site> passkey_site_of(const settings& configured,
                                               std::string_view local_origin);

} // namespace latchkey::gateway
