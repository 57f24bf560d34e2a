// first_schema.hpp — version 1: users, their sessions, and the audit log.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration first_schema();

} // namespace latchkey::storage
