#include "config/open_file.hpp"

#include <cerrno>
#include <cstddef>
#include <unistd.h>

namespace latchkey {

open_file::~open_file() {
  if (number_ > STDERR_FILENO) ::close(number_);
}

bool write_all(int to, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    errno = ENOSPC; // what a write of nothing, which sets none, would mean
    const auto written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace latchkey
