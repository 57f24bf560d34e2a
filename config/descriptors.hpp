// descriptors.hpp — how many files and sockets the process may have open at once.
#pragma once

#include <cstddef>

namespace latchkey {

/// Raises the limit as far as the system lets this process (RLIMIT_NOFILE, setrlimit(2)): what a
/// login shell gives is for programs that hold a few files.
void use_all_descriptors() noexcept;

/// Three quarters of the limit as it is now, so that files and connections of other kinds find some
/// too; never more than 100,000, for each takes memory.
std::size_t connections_by_default() noexcept;

} // namespace latchkey
