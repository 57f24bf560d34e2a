// rate_limiter.cpp — windows in this process: shards, each a map behind a mutex of its own and
// a list of its windows in the order in which they began.
#include "actors/limits/rate_limiter.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace latchkey {
namespace {

/// Threads meet in one only now and then.
constexpr std::size_t shard_count = rate_limiter_parts;

/// How many windows that are over may be let go in one turn.
constexpr int let_go_at_once_max = 4;

/// A key whose hash is known already.
struct hashed_key {
  std::string_view text;
  std::size_t hash;
};
struct key_hash {
  using is_transparent = void;
  // Not noexcept: libstdc++ then keeps the hash in the node and never computes it again.
  std::size_t operator()(const hashed_key& key) const { return key.hash; }
  std::size_t operator()(const std::string& key) const {
    return std::hash<std::string_view>{}(key);
  }
};
struct key_equal {
  using is_transparent = void;
  bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }
  bool operator()(const hashed_key& a, const std::string& b) const noexcept { return a.text == b; }
  bool operator()(const std::string& a, const hashed_key& b) const noexcept { return a == b.text; }
};

hashed_key hashed(std::string_view key) {
  key = key.substr(0, rate_key_bytes_max);
  return {key, std::hash<std::string_view>{}(key)};
}

/// A running window, or one that is over and not yet let go.
struct window {
  time_point reset{};
  std::uint32_t used = 0;
  std::uint32_t held = 0; // of those
  window* older = nullptr;
  window* newer = nullptr;
  const std::string* key = nullptr; // its own, in the map
};

class shard {
public:
  /// Takes one, or holds it.
  rate_verdict take(const hashed_key& key, const rate_limit& limit, time_point now,
                    std::size_t windows_max, bool holds) {
    const std::lock_guard lock{mutex_};
    auto& counted = find_or_begin(key, limit, now, windows_max);
    if (counted.used >= limit.count) return {false, limit.count, 0, counted.reset, counted.held};
    ++counted.used;
    if (holds) ++counted.held;
    return {true, limit.count, limit.count - counted.used, counted.reset, counted.held};
  }

  rate_verdict look(const hashed_key& key, const rate_limit& limit, time_point now) {
    const std::lock_guard lock{mutex_};
    const auto found = windows_.find(key);
    if (found == windows_.end() || found->second.reset <= now)
      return {true, limit.count, limit.count, now + std::chrono::seconds{limit.window_s}};
    const auto& counted = found->second;
    const auto left = limit.count - std::min(limit.count, counted.used);
    return {left > 0, limit.count, left, counted.reset, counted.held};
  }

  /// One that was held in the window that ends at `reset`, if that is still the key's.
  void settle(const hashed_key& key, time_point reset, bool counts) {
    const std::lock_guard lock{mutex_};
    const auto found = windows_.find(key);
    if (found == windows_.end() || found->second.reset != reset || found->second.held == 0) return;
    --found->second.held;
    if (!counts) --found->second.used;
  }

  void forget(const hashed_key& key) {
    const std::lock_guard lock{mutex_};
    if (const auto found = windows_.find(key); found != windows_.end()) erase(found->second);
  }

  void let_go(time_point now) {
    const std::lock_guard lock{mutex_};
    // All of them: a long window that began early does not say that those after it go on.
    for (auto* counted = oldest_; counted != nullptr;) {
      auto* const newer = counted->newer;
      if (counted->reset <= now) erase(*counted);
      counted = newer;
    }
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return windows_.size();
  }

private:
  window& find_or_begin(const hashed_key& key, const rate_limit& limit, time_point now,
                        std::size_t windows_max) {
    auto found = windows_.find(key);
    if (found != windows_.end() && found->second.reset > now) return found->second;
    if (found != windows_.end()) {
      unlink(found->second);
    } else {
      make_room(now, windows_max);
      found = windows_.emplace(std::string{key.text}, window{}).first;
      found->second.key = &found->first;
    }
    auto& counted = found->second;
    counted.used = counted.held = 0;
    counted.reset = now + std::chrono::seconds{limit.window_s};
    link_newest(counted);
    return counted;
  }

  void make_room(time_point now, std::size_t windows_max) {
    for (int i = 0; i < let_go_at_once_max && oldest_ != nullptr && oldest_->reset <= now; ++i)
      erase(*oldest_);
    while (oldest_ != nullptr && windows_.size() >= windows_max)
      erase(*oldest_);
  }

  void erase(window& counted) {
    unlink(counted);
    windows_.erase(windows_.find(*counted.key));
  }

  void unlink(window& counted) {
    (counted.older != nullptr ? counted.older->newer : oldest_) = counted.newer;
    (counted.newer != nullptr ? counted.newer->older : newest_) = counted.older;
    counted.older = counted.newer = nullptr;
  }

  void link_newest(window& counted) {
    counted.older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = &counted;
    newest_ = &counted;
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::string, window, key_hash, key_equal> windows_;
  window* oldest_ = nullptr;
  window* newest_ = nullptr;
};

class local_rate_limiter final : public rate_limiter {
public:
  explicit local_rate_limiter(std::size_t keys_max)
      : windows_max_(std::max<std::size_t>(1, keys_max / shard_count)) {}

  rate_verdict take(std::string_view key, const rate_limit& limit, time_point now) override {
    return take(key, limit, now, false);
  }
  rate_verdict hold(std::string_view key, const rate_limit& limit, time_point now) override {
    return take(key, limit, now, true);
  }
  rate_verdict look(std::string_view key, const rate_limit& limit, time_point now) override {
    if (limit.is_off()) return {};
    const auto named = hashed(key);
    return shard_of(named).look(named, limit, now);
  }
  void give_back(std::string_view key, time_point reset) override { settle(key, reset, false); }
  void keep(std::string_view key, time_point reset) override { settle(key, reset, true); }
  void forget(std::string_view key) override {
    const auto named = hashed(key);
    shard_of(named).forget(named);
  }
  void let_go(time_point now) override {
    shards_[next_let_go_.fetch_add(1, std::memory_order_relaxed) % shard_count].let_go(now);
  }
  std::size_t windows() const override {
    std::size_t all = 0;
    for (const auto& shard : shards_)
      all += shard.size();
    return all;
  }

private:
  rate_verdict take(std::string_view key, const rate_limit& limit, time_point now, bool holds) {
    if (limit.is_off()) return {};
    const auto named = hashed(key);
    return shard_of(named).take(named, limit, now, windows_max_, holds);
  }
  void settle(std::string_view key, time_point reset, bool counts) {
    const auto named = hashed(key);
    shard_of(named).settle(named, reset, counts);
  }
  /// Other bits than those that choose the bucket inside a shard.
  shard& shard_of(const hashed_key& key) { return shards_[(key.hash >> 48U) % shard_count]; }

  std::size_t windows_max_;
  std::atomic<std::size_t> next_let_go_{0};
  std::array<shard, shard_count> shards_;
};

} // namespace

std::unique_ptr<rate_limiter> make_local_rate_limiter(std::size_t keys_max) {
  return std::make_unique<local_rate_limiter>(keys_max);
}

} // namespace latchkey
