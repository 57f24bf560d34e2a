// generation_cache.hpp — a bounded map that forgets what was not used lately.
//
// Two generations of at most `size_max` entries: what is found in the old one moves to
// the young one, and when that is full the old one is dropped whole. No list to keep, no
// clock to read. Used by one thread.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace latchkey::gateway {

template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class generation_cache {
public:
  /// Holds up to twice `size_max` entries.
  explicit generation_cache(std::size_t size_max) : size_max_(size_max) {}

  /// The value, valid until the next call; nullptr when it is not here.
  template <class Like>
  Value* find(const Like& key) {
    if (auto found = young_.find(key); found != young_.end()) return &found->second;
    auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    auto node = old_.extract(found);
    make_room();
    return &young_.insert(std::move(node)).position->second;
  }

  /// Adds or replaces. The reference is valid until the next call.
  Value& put(Key key, Value value) {
    old_.erase(key);
    make_room();
    return young_.insert_or_assign(std::move(key), std::move(value)).first->second;
  }

  void erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }

  /// Erases the values for which `is_stale` says so, out of `buckets_max` buckets (with one entry
  /// each on average); the next call goes on behind them. Any value has been looked at once after
  /// as many calls as it takes to pass `buckets()`, unless it has moved meanwhile.
  template <class Predicate>
  void erase_some_if(Predicate is_stale, std::size_t buckets_max) {
    for (std::size_t i = 0; i < buckets_max && size() > 0; ++i) {
      if (looked_at_ >= buckets()) looked_at_ = 0;
      const bool is_young = looked_at_ < young_.bucket_count();
      auto& in = is_young ? young_ : old_;
      const auto bucket = looked_at_ - (is_young ? 0 : young_.bucket_count());
      ++looked_at_;
      for (auto at = in.begin(bucket); at != in.end(bucket);) {
        const auto& [key, value] = *at++;
        if (is_stale(value)) in.erase(Key{key});
      }
    }
  }
  std::size_t buckets() const noexcept { return young_.bucket_count() + old_.bucket_count(); }

  std::size_t size() const noexcept { return young_.size() + old_.size(); }

private:
  using map = std::unordered_map<Key, Value, Hash, Equal>;

  void make_room() {
    if (young_.size() < size_max_) return;
    old_ = std::move(young_);
    young_ = map{};
  }

  std::size_t size_max_;
  map young_;
  map old_;
  std::size_t looked_at_ = 0; // buckets of the present round, the young ones first
};

} // namespace latchkey::gateway
