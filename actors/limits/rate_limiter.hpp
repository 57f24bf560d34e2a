// rate_limiter.hpp — how often has somebody done something in this window? Exact however many
// threads ask at once.
//
// Every time here is one of the steady clock (protocol/time.hpp): a window lasts as long as it
// says, whatever becomes of the time of day. A window begins with the first take and is over as a
// whole: `count` takes, then none until `reset`. Nothing here blocks, for reactors call it between
// socket events: what only all nodes together can tell comes back undecided, and is asked of the
// redis_actor (protocol/interfaces.hpp).
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

  /// Takes one, if one is left; or takes none, and the verdict is undecided. A limit that is off
  /// grants everything and keeps nothing.
  virtual rate_verdict take(std::string_view key, const rate_limit& limit, time_point now) = 0;
  /// What `take` would find, as far as this process knows, without taking. Never undecided.
  virtual rate_verdict look(std::string_view key, const rate_limit& limit, time_point now) = 0;
  /// As `take`, until it is known whether it counts: then `give_back` or `keep` says so, with the
  /// `reset` of this verdict. In another window than it was taken in, neither does anything.
  virtual rate_verdict hold(std::string_view key, const rate_limit& limit, time_point now) = 0;
  virtual void give_back(std::string_view key, time_point reset) = 0;
  virtual void keep(std::string_view key, time_point reset) = 0;
  /// All are there again, but those that are held.
  virtual void forget(std::string_view key) = 0;
  /// Windows that are over at `now` leave memory, of a part of all windows; the next call looks at
  /// the next part.
  virtual void let_go(time_point now) = 0;
  /// Windows in memory, of which some may be over.
  virtual std::size_t windows() const = 0;

  /// So many nodes share the limits: where they cannot ask each other, each grants its part, one at
  /// least. 1 unless it is set.
  virtual void set_members(std::size_t members) = 0;
  /// Whether it should ask the others and cannot.
  virtual bool is_degraded() const { return false; }
};

/// Into so many parts are the windows in this process divided; a power of two.
inline constexpr std::size_t rate_limiter_parts = 64;

/// Windows in this process alone. Beyond `keys_max` windows the oldest go first.
std::unique_ptr<rate_limiter> make_local_rate_limiter(std::size_t keys_max = 1'000'000);

/// The part of a limit that one of so many nodes grants without asking: one at least.
rate_limit node_part_of(const rate_limit& limit, std::size_t members);

} // namespace latchkey
