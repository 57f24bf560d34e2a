// splice.hpp — joins two connections that have left HTTP: what either side sends is written to the
// other.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace latchkey::http {

enum class splice_end : std::uint8_t {
  finished, // both sides, or one that cannot be half closed, said that this was all
  broken,   // a side went without a word: reset, or TLS that was cut off
  idle,     // nothing moved for too long
  closed,   // by close()
};

/// Bytes that the side has taken, without encryption.
struct splice_counts {
  std::uint64_t to_client = 0;
  std::uint64_t to_upstream = 0;
};

/// Whether what a side sent may be passed on at this moment.
struct splice_gate {
  std::function<bool()> is_open;            // none: always
  std::function<awaitable<bool>()> opening; // asked when it is not: false ends the splice
};

struct splice_options {
  splice_gate gate;
  /// Without a byte in either direction, also because a side does not read; 0: no limit.
  std::chrono::milliseconds idle_max{0};
  /// Called once, on the reactor, when both sockets are closed; never out of a member of
  /// `splice`, and not after its end. May destroy the splice; must not throw.
  std::function<void(splice_end, const splice_counts&)> on_ended;
};

/// Begins at once, with what came behind either side's 101. Both connections are of one reactor,
/// where every member is called, plain TCP or TLS each. Holds one piece (16 KiB) a direction at
/// most, and none while nothing moves: a side that does not read stops the other. The end of what
/// a side sends is passed on, and the other direction goes on; TLS knows no such half, so that
/// side is ended as a whole.
class splice {
public:
  splice(timer_wheel& wheel, taken_connection client, taken_connection upstream,
         splice_options options);
  splice(const splice&) = delete;
  splice& operator=(const splice&) = delete;
  /// Closes, and tells nobody.
  ~splice();

  /// Ends both sides now: no byte is read or written any more. Tells `on_ended` later.
  void close() noexcept;

  const splice_counts& counts() const noexcept;

  struct core;

private:
  std::shared_ptr<core> core_;
};

} // namespace latchkey::http
