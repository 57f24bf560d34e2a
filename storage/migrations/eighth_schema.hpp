// eighth_schema.hpp — version 8: what the program notes of the store as a whole.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration eighth_schema();

} // namespace latchkey::storage
