// descriptors.hpp — how many files and sockets the process may have open at once, and who may
// take them.
#pragma once

#include <cstddef>

namespace latchkey {

/// Opens /dev/null as each of the descriptors 0 to 2 that is closed (`latchkey serve 2>&-`). To be
/// called before anything else is opened: what is opened next would get that number, and log lines
/// would be written into it.
void open_standard_descriptors() noexcept;

/// Raises the limit as far as the system lets this process (RLIMIT_NOFILE, setrlimit(2)): what a
/// login shell gives is for programs that hold a few files.
void use_all_descriptors() noexcept;

/// Three quarters of the limit as it is now, so that files and connections of other kinds find some
/// too; never more than 100,000, for each takes memory.
std::size_t connections_by_default() noexcept;

/// Descriptors are given out from the lowest free number on (accept(2), open(2)), so the number of
/// an accepted connection says how many are open. A quarter of the limit, 16,384 at most, is kept
/// for stores, upstreams, mail and files, whatever the settings say.
struct edge_descriptors {
  int full = 0;     // public connections from this number on are told that there is no room
  int most = 0;     // public ones from this number on are closed without a word
  int internal = 0; // the same for the internal listener, which may take half of the reserve
};
edge_descriptors descriptors_of_edge() noexcept;

} // namespace latchkey
