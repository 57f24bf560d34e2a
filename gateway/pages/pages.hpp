// pages.hpp — the pages on which people sign in, register, recover and look after their account.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/http/router.hpp"

#include <vector>

namespace latchkey::gateway::pages {

/// The rows of all pages; none with PAGES=off. Fails when BRAND_LOGO cannot be used.
result<std::vector<http::route>> routes(const settings& configured);

} // namespace latchkey::gateway::pages
