// ninth_schema.hpp — version 9: what the program notes of the store as a whole.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration ninth_schema();

} // namespace latchkey::storage
