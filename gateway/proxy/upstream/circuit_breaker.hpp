// circuit_breaker.hpp — stops the calls to an upstream that fails again and again for a while, then
// lets one request try it before all others.
#pragma once

#include "protocol/result.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace latchkey::proxy {

/// When a breaker opens and closes. Counts of 0 are taken for 1.
struct breaker_settings {
  std::uint32_t failures_in_a_row_max = 10;  // with so many one after another it opens
  std::uint32_t outcomes_min = 20;           // of a window, before its share of failures counts
  std::uint32_t failure_percent_max = 50;    // with so large a share of a window's it opens
  std::chrono::milliseconds window{10'000};  // in which outcomes are counted together
  std::chrono::milliseconds open_for{1'000}; // before the first probe
  std::chrono::milliseconds open_for_max{30'000}; // a failed probe doubles the wait up to this
  std::uint32_t successes_to_close = 1;           // probes that must work, one after another
};

enum class breaker_state : std::uint8_t { closed, open, half_open };

/// "closed", "open", "half_open": the metrics' label.
std::string_view to_string(breaker_state state) noexcept;

/// What metrics show of a breaker.
struct breaker_view {
  breaker_state state = breaker_state::closed;
  std::uint64_t opened = 0;  // how often it did
  std::uint64_t refused = 0; // calls that were not made
};

/// One an upstream; every reactor may use it. It has no clock: the caller says what time it
/// is.
class circuit_breaker {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Leave to make one call. Its outcome is reported once by `worked` or `failed`; a call that ends
  /// with neither (its client went away) counts for nothing and, if it was a probe, lets
  /// another one through. It must not outlive its breaker.
  class call {
  public:
    call(call&& other) noexcept;
    call& operator=(call&& other) noexcept;
    ~call();

    /// The upstream answered, whatever its status.
    void worked(time_point now) { tell(outcome::worked, now); }
    /// It refused, reset, broke off, sent what is no HTTP, or was too slow.
    void failed(time_point now) { tell(outcome::failed, now); }
    /// Whether the breaker's next state hangs on this call.
    bool is_probe() const noexcept { return is_probe_; }

  private:
    friend class circuit_breaker;
    enum class outcome : std::uint8_t { worked, failed, none };
    call(circuit_breaker& owner, std::uint64_t era, bool is_probe) noexcept
        : owner_(&owner), era_(era), is_probe_(is_probe) {}
    void tell(outcome end, time_point now);

    circuit_breaker* owner_; // nullptr: the outcome is reported
    std::uint64_t era_;
    bool is_probe_;
  };

  explicit circuit_breaker(const breaker_settings& limits = {});
  circuit_breaker(const circuit_breaker&) = delete;
  circuit_breaker& operator=(const circuit_breaker&) = delete;

  /// GW001 while it is open, or half-open with a probe under way; `retry_after_s` is then at
  /// least 1.
  result<call> admit(time_point now);
  /// The same for one that can wait: nothing, when `admit` would refuse, and not counted.
  std::optional<call> try_admit(time_point now);

  /// As it stands: an open one stays so until the first call after its wait.
  breaker_view view() const;

private:
  std::optional<call> try_admit_locked(time_point now);
  void settle(const call& made, call::outcome end, time_point now);
  void settle_probe(call::outcome end, time_point now);
  void count(call::outcome end, time_point now);
  void enter(breaker_state next);
  void open(std::chrono::milliseconds wait, time_point now);

  const breaker_settings limits_;
  mutable std::mutex mutex_; // held for a few instructions, never while anybody waits
  breaker_view view_;
  std::uint64_t era_ = 0; // grows with every change of state: outcomes from before are late
  std::uint32_t in_a_row_ = 0;
  std::uint32_t outcomes_ = 0; // of the window
  std::uint32_t failures_ = 0; // of the window
  time_point window_began_{};
  std::chrono::milliseconds wait_{};
  time_point retry_at_{};
  bool is_probing_ = false;
  std::uint32_t probes_worked_ = 0;
};

} // namespace latchkey::proxy
