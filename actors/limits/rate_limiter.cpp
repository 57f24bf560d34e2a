// rate_limiter.cpp — windows in this process.
#include "actors/limits/rate_limiter.hpp"

#include "actors/limits/window_table.hpp"

#include <algorithm>
#include <atomic>

namespace latchkey {
namespace {

struct local_window {
  time_point reset{};
  std::uint32_t used = 0;
  std::uint32_t held = 0; // of those
};

class local_rate_limiter final : public rate_limiter {
public:
  explicit local_rate_limiter(std::size_t keys_max) : windows_(keys_max) {}

  rate_verdict take(std::string_view key, const rate_limit& limit, time_point now) override {
    return take(key, limit, now, false);
  }
  rate_verdict hold(std::string_view key, const rate_limit& limit, time_point now) override {
    return take(key, limit, now, true);
  }
  rate_verdict look(std::string_view key, const rate_limit& whole, time_point now) override {
    if (whole.is_off()) return {};
    const auto limit = node_part_of(whole, members_.load(std::memory_order_relaxed));
    const rate_key named{key};
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    const auto* counted = shard.find_running(named, now);
    if (counted == nullptr)
      return {true, limit.count, limit.count, now + std::chrono::seconds{limit.window_s}};
    const auto left = limit.count - std::min(limit.count, counted->used);
    return {left > 0, limit.count, left, counted->reset, counted->held};
  }
  void give_back(std::string_view key, time_point reset) override { settle(key, reset, false); }
  void keep(std::string_view key, time_point reset) override { settle(key, reset, true); }
  void forget(std::string_view key) override {
    const rate_key named{key};
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    auto* counted = shard.find(named);
    if (counted == nullptr) return;
    counted->used = counted->held;
    if (counted->used == 0) shard.erase(named);
  }
  void let_go(time_point now) override { windows_.let_go(now); }
  std::size_t windows() const override { return windows_.size(); }
  void set_members(std::size_t members) override { members_ = std::max<std::size_t>(members, 1); }

private:
  /// Takes one, or holds it.
  rate_verdict take(std::string_view key, const rate_limit& whole, time_point now, bool holds) {
    if (whole.is_off()) return {};
    const auto limit = node_part_of(whole, members_.load(std::memory_order_relaxed));
    const rate_key named{key};
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    auto* counted = shard.find_running(named, now);
    if (counted == nullptr)
      counted = &shard.begin(named, now + std::chrono::seconds{limit.window_s}, now,
                             windows_.windows_max());
    if (counted->used >= limit.count) return {false, limit.count, 0, counted->reset, counted->held};
    ++counted->used;
    if (holds) ++counted->held;
    return {true, limit.count, limit.count - counted->used, counted->reset, counted->held};
  }

  /// One that was held in the window that ends at `reset`, if that is still the key's.
  void settle(std::string_view key, time_point reset, bool counts) {
    const rate_key named{key};
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    auto* counted = shard.find(named);
    if (counted == nullptr || counted->reset != reset || counted->held == 0) return;
    --counted->held;
    if (!counts) --counted->used;
  }

  window_table<local_window> windows_;
  std::atomic<std::size_t> members_{1};
};

} // namespace

std::unique_ptr<rate_limiter> make_local_rate_limiter(std::size_t keys_max) {
  return std::make_unique<local_rate_limiter>(keys_max);
}

rate_limit node_part_of(const rate_limit& limit, std::size_t members) {
  if (members <= 1 || limit.is_off()) return limit;
  const auto part = std::max<std::size_t>(1, limit.count / members);
  return {static_cast<std::uint32_t>(part), limit.window_s};
}

} // namespace latchkey
