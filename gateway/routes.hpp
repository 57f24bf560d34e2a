// routes.hpp — the one table of routes: method, path, whom it is open to, and who answers.
#pragma once

#include "gateway/http/router.hpp"

#include <memory>

namespace latchkey::gateway {

enum class listener { public_side, internal_side };

/// The table of a listener. A mistake in it ends the start with its reason.
result<std::shared_ptr<const http::router>> routes_of(listener side);

} // namespace latchkey::gateway
