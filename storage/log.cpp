#include "storage/log.hpp"

#include <spdlog/spdlog.h>
#include <string_view>

namespace latchkey::storage {

void log_trouble(const char* where, const char* words) noexcept {
  try {
    const std::string_view text(words);
    spdlog::warn("storage: {}: {}", where, text.substr(0, text.find('\n')));
  } catch (...) { // a log line is not worth a batch
  }
}

} // namespace latchkey::storage
