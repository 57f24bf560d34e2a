// start_check.hpp — what a start would refuse, found without starting: for `serve`, which says all
// of it at once, and for `config check`, which leaves everything as it is.
#pragma once

#include "config/settings/settings.hpp"

namespace latchkey::gateway {

/// A sentence for each thing in settings that could be read and yet cannot be used: routes,
/// addresses, TLS files, the secret that was generated, the cost of a password hash, where mails
/// go, and where files are to be written. The database and ports that are in use are left to the
/// start. It may ask the DNS for HTTP_HOST and INTERNAL_HOST.
setting_problems check_start(const settings& configured);

} // namespace latchkey::gateway
