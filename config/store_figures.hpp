// store_figures.hpp — what the process's one database says of itself beyond its answers: for
// /metrics and /health.
#pragma once

#include <atomic>
#include <cstdint>

namespace latchkey {

struct store_figures {
  std::atomic<std::int64_t> log_bytes{0};    // of SQLite's -wal, at the last commit
  std::atomic<const char*> trouble{nullptr}; // why the last ping failed, a word or two
};
inline store_figures figures_of_store;

} // namespace latchkey
