// trouble.hpp — kinds of errors that PostgreSQL and libpqxx report.
#pragma once

#include <cstdint>
#include <pqxx/except>
#include <string_view>

namespace latchkey::storage::postgres {

/// The kind of an error of libpqxx, as far as it decides what to do next.
enum class trouble : std::uint8_t {
  lost,        // the connection is gone
  read_only,   // the server has become read-only; a new connection may reach another one
  conflict,    // serialization failure or deadlock: the same again may succeed
  unavailable, // the server answers but cannot write (disk full, shutting down)
  slow,        // a lock or a statement took too long
  bad_row,     // a type or a constraint refuses a row
  broken,      // the statement itself fails: no schema, no right
};

/// The SQLSTATE of an error; empty when libpqxx does not tell it.
const char* sqlstate_of(const pqxx::sql_error& e) noexcept;
trouble trouble_of(std::string_view sqlstate) noexcept;

} // namespace latchkey::storage::postgres
