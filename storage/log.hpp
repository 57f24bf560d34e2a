// log.hpp — what a store has to tell the operator: rarely, one line, never a row.
#pragma once

namespace latchkey::storage {

/// A warning: where it happened and the first line of the library's own words.
void log_trouble(const char* where, const char* words) noexcept;

} // namespace latchkey::storage
