// proxy_settings.hpp — reads upstreams and their routes from the settings.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/proxy/rules/proxy_routes.hpp"

namespace latchkey::proxy {

/// CORE_MANAGER_URL and PROXY_ROUTES. The failure's reason is a sentence as `load_settings` has
/// them: which setting, where it came from, what is wrong.
result<proxy_table> configured_routes(const settings& configured);

} // namespace latchkey::proxy
