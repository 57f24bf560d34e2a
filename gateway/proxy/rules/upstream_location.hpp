// upstream_location.hpp — turns addresses in an upstream's answer into those that the client can
// use.
#pragma once

#include "gateway/proxy/upstream/upstream.hpp"

#include <string>
#include <string_view>

namespace latchkey::proxy {

/// A URI reference (Location, RFC 9110, 10.2.2; Content-Location, 8.7) that names the upstream by
/// the address under which it is asked, in either scheme, becomes a path at our own origin: the
/// upstream's base path is taken off. So does one that names no host and lies under the base
/// path. Every other comes back as it is.
std::string client_location(std::string_view reference, const upstream& from);

/// The same for the URL in a Refresh header ("5; url=…").
std::string client_refresh(std::string_view value, const upstream& from);

} // namespace latchkey::proxy
