// banner.hpp — what a person sees when the server is ready.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/server.hpp"

#include <string>

namespace latchkey::gateway {

/// Where it listens, the administrator if this start created one, and lines to copy that
/// register, sign in, show, refresh and sign out. The first line is for programs too:
/// "latchkey is ready: <public URL> (internal <internal URL>)".
std::string banner(const settings& configured, const server& running);

} // namespace latchkey::gateway
