// schema_v2_registry.hpp — the tables of version 2 that hold roles, keys, services, quotas,
// Stripe's events and mail, and what subscriptions and projects get in addition.
#pragma once

#include <string_view>
#include <vector>

namespace latchkey::storage {

/// Statements for both engines, with the words of migrations.hpp.
std::vector<std::string_view> registry_tables();

} // namespace latchkey::storage
