// routes.hpp — the one table of routes: method, path, access and handler.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/http/router.hpp"

#include <memory>

namespace latchkey::gateway {

enum class listener { public_side, internal_side };

/// The table of a listener; the public one's has the description of all (/openapi.json). A
/// mistake in it, or a row that the description has no words for, ends the start with its reason.
result<std::shared_ptr<const http::router>> routes_of(listener side, const settings& configured);

} // namespace latchkey::gateway
