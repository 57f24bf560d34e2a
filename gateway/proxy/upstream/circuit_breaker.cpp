#include "gateway/proxy/upstream/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::proxy {
namespace {

breaker_settings with_counts_of_at_least_one(breaker_settings limits) {
  for (auto* count : {&limits.failures_in_a_row_max, &limits.outcomes_min,
                      &limits.failure_percent_max, &limits.successes_to_close})
    *count = std::max(*count, 1U);
  limits.open_for_max = std::max(limits.open_for_max, limits.open_for);
  return limits;
}

} // namespace

std::string_view to_string(breaker_state state) noexcept {
  switch (state) {
  case breaker_state::open:
    return "open";
  case breaker_state::half_open:
    return "half_open";
  case breaker_state::closed:
    break;
  }
  return "closed";
}

// -- a call -----------------------------------------------------------------------------

circuit_breaker::call::call(call&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), era_(other.era_), is_probe_(other.is_probe_) {}

circuit_breaker::call& circuit_breaker::call::operator=(call&& other) noexcept {
  if (this == &other) return *this;
  tell(outcome::none, {});
  owner_ = std::exchange(other.owner_, nullptr);
  era_ = other.era_;
  is_probe_ = other.is_probe_;
  return *this;
}

circuit_breaker::call::~call() {
  tell(outcome::none, {});
}

void circuit_breaker::call::tell(outcome end, time_point now) {
  if (auto* owner = std::exchange(owner_, nullptr)) owner->settle(*this, end, now);
}

// -- the breaker ------------------------------------------------------------------------

circuit_breaker::circuit_breaker(const breaker_settings& limits)
    : limits_(with_counts_of_at_least_one(limits)) {}

std::optional<circuit_breaker::call> circuit_breaker::try_admit_locked(time_point now) {
  if (view_.state == breaker_state::open && now >= retry_at_) {
    enter(breaker_state::half_open);
    probes_worked_ = 0;
    is_probing_ = false;
  }
  if (view_.state == breaker_state::closed) return call(*this, era_, false);
  if (view_.state == breaker_state::half_open && !std::exchange(is_probing_, true))
    return call(*this, era_, true);
  return std::nullopt;
}

std::optional<circuit_breaker::call> circuit_breaker::try_admit(time_point now) {
  const std::lock_guard lock(mutex_);
  return try_admit_locked(now);
}

result<circuit_breaker::call> circuit_breaker::admit(time_point now) {
  const std::lock_guard lock(mutex_);
  if (auto leave = try_admit_locked(now)) return *std::move(leave);
  ++view_.refused;
  const auto left = view_.state == breaker_state::open ? retry_at_ - now : time_point::duration{};
  const auto left_s = std::chrono::ceil<std::chrono::seconds>(left).count();
  return fail_with_retry(error_code::upstream_unavailable,
                         static_cast<std::uint32_t>(std::max<std::int64_t>(left_s, 1)),
                         "it has failed too often");
}

breaker_view circuit_breaker::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void circuit_breaker::settle(const call& made, call::outcome end, time_point now) {
  const std::lock_guard lock(mutex_);
  if (made.era_ != era_) return; // it began before the last change of state
  if (made.is_probe_)
    settle_probe(end, now);
  else
    count(end, now);
}

void circuit_breaker::settle_probe(call::outcome end, time_point now) {
  is_probing_ = false;
  if (end == call::outcome::failed) {
    open(std::min(wait_ * 2, limits_.open_for_max), now);
  } else if (end == call::outcome::worked && ++probes_worked_ >= limits_.successes_to_close) {
    enter(breaker_state::closed);
    in_a_row_ = outcomes_ = failures_ = 0;
    window_began_ = now;
  }
}

/// An outcome while it is closed.
void circuit_breaker::count(call::outcome end, time_point now) {
  if (end == call::outcome::none) return;
  if (now - window_began_ >= limits_.window) {
    outcomes_ = failures_ = 0;
    window_began_ = now;
  }
  ++outcomes_;
  if (end == call::outcome::worked) {
    in_a_row_ = 0;
    return;
  }
  ++failures_;
  ++in_a_row_;
  const bool is_large_share =
      outcomes_ >= limits_.outcomes_min &&
      std::uint64_t{failures_} * 100 >= std::uint64_t{outcomes_} * limits_.failure_percent_max;
  if (is_large_share || in_a_row_ >= limits_.failures_in_a_row_max) open(limits_.open_for, now);
}

void circuit_breaker::enter(breaker_state next) {
  view_.state = next;
  ++era_;
}

void circuit_breaker::open(std::chrono::milliseconds wait, time_point now) {
  enter(breaker_state::open);
  ++view_.opened;
  wait_ = wait;
  retry_at_ = now + wait;
}

} // namespace latchkey::proxy
