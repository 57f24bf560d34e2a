// fourth_schema.hpp — who brought a user in, whether anybody has used it, what a token proves.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration fourth_schema();

} // namespace latchkey::storage
