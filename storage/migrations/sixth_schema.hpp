// sixth_schema.hpp — version 6: wrong passwords in a row, and what names look like.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration sixth_schema();

} // namespace latchkey::storage
