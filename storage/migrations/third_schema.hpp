// third_schema.hpp — version 3: workflows and what upstream said of them.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration third_schema();

} // namespace latchkey::storage
