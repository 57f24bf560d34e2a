// connection_target.hpp — the connection string that libpq is given.
#pragma once

#include "protocol/tokens/secret.hpp"
#include "storage/postgres/options.hpp"

#include <string>

namespace latchkey::storage::postgres {

/// `url` (a URL or a libpq connection string) with our timeouts, except where it sets its own.
std::string connection_target(const secret& url, const postgres_options& options);

} // namespace latchkey::storage::postgres
