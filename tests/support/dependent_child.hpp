// dependent_child.hpp — what a server of tests is to the program that starts it: it ends with that
// program and with nothing else.
#pragma once

#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

namespace latchkey::test {

/// For a child between fork and exec: it gets `death_signal` when the thread that has forked it
/// ends, and is in a session of its own. When the shell that has started the tests ends, the system
/// hangs up on every process of its jobs in which one is stopped, and tests stop their servers.
inline void depend_on(pid_t parent, int death_signal) {
  prctl(PR_SET_PDEATHSIG, death_signal);
  if (getppid() != parent) _exit(126);
  setsid();
}

} // namespace latchkey::test
