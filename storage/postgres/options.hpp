// options.hpp — how long a PostgreSQL store waits for what.
#pragma once

#include "storage/store.hpp"

#include <chrono>
#include <memory>

namespace latchkey::storage {

struct postgres_options {
  std::chrono::seconds connect_timeout{3}; // libpq counts it in whole seconds
  /// The server ends a statement, or a wait for a lock, after this long.
  std::chrono::milliseconds statement_timeout{8000};
  std::chrono::milliseconds lock_timeout{5000};
  /// We give up on a server that says nothing for this long, and cut the connection.
  std::chrono::milliseconds round_trip_timeout{10000};
  /// How long a COMMIT in doubt may take to become certain.
  std::chrono::milliseconds fate_timeout{8000};
  /// After a failed attempt to connect calls fail at once for this long, doubling.
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_max{1000};
  /// All of a start's migrations together, waiting for another program's included.
  std::chrono::milliseconds migrate_timeout{600000};
};

/// As `open_postgres(url)`, with options.
std::unique_ptr<store> open_postgres(const secret& url, const postgres_options& options);

} // namespace latchkey::storage
