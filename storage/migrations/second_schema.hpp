// second_schema.hpp — version 2: recovery, profiles' synchronisation and who did what; roles,
// keys, services, quotas and mail stand in a file of their own.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration second_schema();

} // namespace latchkey::storage
