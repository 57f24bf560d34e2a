// facts.hpp — one fact after another, inside the transaction of whoever calls.
#pragma once

#include "storage/sqlite/database.hpp"
#include "storage/store.hpp"

#include <optional>

namespace latchkey::storage::sqlite {

/// Why a fact did not become one: it lost, or SQLite refused it.
struct stop {
  failure why;
  bool store_wide = false; // nothing else can be written either
};

/// Writes one fact and adds what its writer may want to know to `note`.
std::optional<stop> apply_fact(database& db, const fact& what, written& note);

} // namespace latchkey::storage::sqlite
