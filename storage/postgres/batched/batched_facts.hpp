// batched_facts.hpp — writes facts of one kind from many units: sign-in's in one statement, others
// one after another.
#pragma once

#include "storage/postgres/connection.hpp"
#include "storage/store.hpp"

#include <optional>
#include <span>

namespace latchkey::storage::postgres {

/// One fact and what became of it.
struct pending {
  std::size_t unit = 0; // position in the batch
  const fact* f = nullptr;
  std::optional<failure> lost; // why it lost
  written note;                // adds to its unit's
};

/// Runs facts that are all of the same alternative of `fact`. Sets what became of each;
/// throws as libpqxx does when a statement fails as a whole.
void apply_facts(connection& link, std::span<pending> facts);

/// Whether a losing fact of this kind may have left rows behind in the transaction.
bool leaves_rows_when_it_loses(const fact& f) noexcept;

} // namespace latchkey::storage::postgres
