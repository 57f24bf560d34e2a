// options.hpp — options of a SQLite store.
#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace latchkey::storage {

struct sqlite_options {
  int busy_timeout_ms = 5000;          // how long a writer waits for another
  int migrate_busy_timeout_ms = 60000; // the same while another process migrates
  std::int64_t pages_max = 0;          // the file's limit in pages of 4 KiB; 0: the disk's
};

/// As `open_sqlite(path)`, with options.
std::unique_ptr<store> open_sqlite(const std::string& path, const sqlite_options& options);

} // namespace latchkey::storage
