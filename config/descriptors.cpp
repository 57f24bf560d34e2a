#include "config/descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/resource.h>
#include <unistd.h>

namespace latchkey {

void open_standard_descriptors() noexcept {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one, for those below are open.
    const int opened = ::open("/dev/null", O_RDWR | O_NOCTTY);
    if (opened >= 0 && opened != number) ::close(opened);
  }
}

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

edge_descriptors descriptors_of_edge() noexcept {
  constexpr rlim_t reserve_max = 16'384;
  constexpr rlim_t refusals_max = 256;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = RLIM_INFINITY;
  const auto all = std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max());
  const auto reserve = std::min(all / 4, reserve_max);
  const auto refusals = std::min(all / 16, refusals_max);
  return {static_cast<int>(all - reserve - refusals), static_cast<int>(all - reserve),
          static_cast<int>(all - reserve / 2)};
}

} // namespace latchkey
