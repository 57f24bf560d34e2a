// window_table.hpp — windows by key, in the order in which they began: shards, each a map behind a
// mutex of its own. How they are counted is for those who keep them.
#pragma once

#include "actors/limits/rate_limiter.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey {

/// A limiter's key, cut to its length, whose hash is known already.
struct rate_key {
  std::string_view text;
  std::size_t hash;

  explicit rate_key(std::string_view key)
      : text(key.substr(0, rate_key_bytes_max)), hash(std::hash<std::string_view>{}(text)) {}
};

/// Some of all windows; used under `mutex`. `Counts` is what a window counts, and has a `reset`,
/// the time when the window is over.
template <class Counts>
class window_shard {
public:
  mutable std::mutex mutex;

  /// Also one that is over and not yet let go; null: there is none.
  Counts* find(const rate_key& key) {
    const auto found = windows_.find(key);
    return found == windows_.end() ? nullptr : &found->second.counts;
  }
  Counts* find_running(const rate_key& key, time_point now) {
    auto* const found = find(key);
    return found != nullptr && found->reset > now ? found : nullptr;
  }

  /// A new window in the place of the key's last one. The oldest go where there are too many.
  Counts& begin(const rate_key& key, time_point reset, time_point now, std::size_t windows_max) {
    auto found = windows_.find(key);
    if (found != windows_.end()) {
      unlink(found->second);
    } else {
      make_room(now, windows_max);
      found = windows_.emplace(std::string{key.text}, window{}).first;
      found->second.key = &found->first;
    }
    auto& begun = found->second;
    begun.counts = Counts{};
    begun.counts.reset = reset;
    link_newest(begun);
    return begun.counts;
  }

  void erase(const rate_key& key) {
    if (const auto found = windows_.find(key); found != windows_.end()) erase(found->second);
  }

  void let_go(time_point now) {
    // All of them: a long window that began early does not say that those after it go on.
    for (auto* looked_at = oldest_; looked_at != nullptr;) {
      auto* const newer = looked_at->newer;
      if (looked_at->counts.reset <= now) erase(*looked_at);
      looked_at = newer;
    }
  }

  std::size_t size() const noexcept { return windows_.size(); }

private:
  struct window {
    Counts counts;
    window* older = nullptr;
    window* newer = nullptr;
    const std::string* key = nullptr; // its own, in the map
  };
  struct key_hash {
    using is_transparent = void;
    // Not noexcept: libstdc++ then keeps the hash in the node and never computes it again.
    std::size_t operator()(const rate_key& key) const { return key.hash; }
    std::size_t operator()(const std::string& key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  struct key_equal {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }
    bool operator()(const rate_key& a, const std::string& b) const noexcept { return a.text == b; }
    bool operator()(const std::string& a, const rate_key& b) const noexcept { return a == b.text; }
  };

  /// How many windows that are over may be let go in one turn.
  static constexpr int let_go_at_once_max = 4;

  void make_room(time_point now, std::size_t windows_max) {
    for (int i = 0; i < let_go_at_once_max && oldest_ != nullptr && oldest_->counts.reset <= now;
         ++i)
      erase(*oldest_);
    while (oldest_ != nullptr && windows_.size() >= windows_max)
      erase(*oldest_);
  }

  void erase(window& gone) {
    unlink(gone);
    windows_.erase(windows_.find(*gone.key));
  }

  void unlink(window& one) {
    (one.older != nullptr ? one.older->newer : oldest_) = one.newer;
    (one.newer != nullptr ? one.newer->older : newest_) = one.older;
    one.older = one.newer = nullptr;
  }

  void link_newest(window& one) {
    one.older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = &one;
    newest_ = &one;
  }

  std::unordered_map<std::string, window, key_hash, key_equal> windows_;
  window* oldest_ = nullptr;
  window* newest_ = nullptr;
};

/// All windows. Threads meet in one shard only now and then.
template <class Counts>
class window_table {
public:
  /// Beyond `keys_max` windows the oldest go first.
  explicit window_table(std::size_t keys_max)
      : windows_max_(keys_max > rate_limiter_parts ? keys_max / rate_limiter_parts : 1) {}

  /// Other bits than those that choose the bucket inside a shard.
  window_shard<Counts>& shard_of(const rate_key& key) {
    return shards_[(key.hash >> 48U) % rate_limiter_parts];
  }
  std::size_t windows_max() const noexcept { return windows_max_; } // of a shard

  /// See rate_limiter.
  void let_go(time_point now) {
    auto& shard = shards_[next_let_go_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
    const std::lock_guard lock{shard.mutex};
    shard.let_go(now);
  }
  std::size_t size() const {
    std::size_t all = 0;
    for (const auto& shard : shards_) {
      const std::lock_guard lock{shard.mutex};
      all += shard.size();
    }
    return all;
  }

private:
  std::size_t windows_max_;
  std::atomic<std::size_t> next_let_go_{0};
  std::array<window_shard<Counts>, rate_limiter_parts> shards_;
};

} // namespace latchkey
