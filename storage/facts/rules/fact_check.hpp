// fact_check.hpp — what a fact must look like to be written at all. Both engines refuse the same
// things before any SQL: PostgreSQL would fail a whole statement over one row, and SQLite would
// take anything.
#pragma once

#include "storage/store.hpp"

#include <optional>

namespace latchkey::storage {

/// VALIDATION_ERROR and the field when text is not UTF-8, holds a NUL or is too long, when an id
/// is nil or a number is out of range; empty when the fact can be written.
std::optional<failure> check_fact(const fact& f);
/// The first such failure among a unit's facts.
std::optional<failure> check_unit(const unit& u);

} // namespace latchkey::storage
