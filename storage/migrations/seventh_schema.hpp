// seventh_schema.hpp — Stripe's subscriptions, each by its own id.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration seventh_schema();

} // namespace latchkey::storage
