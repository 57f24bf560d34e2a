// rate_limiter.hpp — how often has somebody done something in this window? Exact however many
// threads ask at once.
//
// Every time here is one of the steady clock (protocol/time.hpp): a window lasts as long as it
// says, whatever becomes of the time of day. A window begins with the first take and is over as a
// whole: `count` takes, then none until `reset`. An implementation that shares its windows with
// other nodes spends from leases it takes in the background, for nothing here may block: reactors
// call it between socket events.
#pragma once

#include "protocol/rate_limit.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace latchkey {

/// Keys are longer for nobody.
inline constexpr std::size_t rate_key_bytes_max = 80;

/// Thread-safe.
class rate_limiter {
public:
  virtual ~rate_limiter() = default;

  /// Takes one, if one is left. A limit that is off grants everything and keeps nothing.
  virtual rate_verdict take(std::string_view key, const rate_limit& limit, time_point now) = 0;
  /// What `take` would find, without taking.
  virtual rate_verdict look(std::string_view key, const rate_limit& limit, time_point now) = 0;
  /// Takes one until it is known whether it counts: then `give_back` or `keep` says so, with the
  /// `reset` of this verdict. In another window than it was taken in, neither does anything.
  virtual rate_verdict hold(std::string_view key, const rate_limit& limit, time_point now) = 0;
  virtual void give_back(std::string_view key, time_point reset) = 0;
  virtual void keep(std::string_view key, time_point reset) = 0;
  /// All are there again.
  virtual void forget(std::string_view key) = 0;
  /// Windows that are over at `now` leave memory, of a part of all windows; the next call looks at
  /// the next part.
  virtual void let_go(time_point now) = 0;
  /// Windows in memory, of which some may be over.
  virtual std::size_t windows() const = 0;
};

/// Into so many parts are the windows in this process divided; a power of two.
inline constexpr std::size_t rate_limiter_parts = 64;

/// Windows in this process alone. Beyond `keys_max` windows the oldest go first.
std::unique_ptr<rate_limiter> make_local_rate_limiter(std::size_t keys_max = 1'000'000);

} // namespace latchkey
