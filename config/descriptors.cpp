#include "config/descriptors.hpp"

#include <sys/resource.h>

namespace latchkey {

void use_all_descriptors() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit); // refused: it stays as it is
}

std::size_t connections_there_may_be() noexcept {
  constexpr std::size_t plenty = std::size_t{1} << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return plenty;
  return static_cast<std::size_t>(limit.rlim_cur / 4 * 3);
}

} // namespace latchkey
