#include "config/descriptors.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace latchkey {

void use_all_descriptors() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit); // refused: it stays as it is
}

std::size_t connections_by_default() noexcept {
  constexpr std::size_t many = 100'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return many;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur / 4 * 3, many));
}

} // namespace latchkey
