// fifth_schema.hpp — version 5: which of a session's refresh tokens came back.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration fifth_schema();

} // namespace latchkey::storage
