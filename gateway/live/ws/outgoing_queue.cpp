#include "gateway/live/ws/outgoing_queue.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace latchkey::ws {

bool outgoing_queue::has_room_for(std::size_t bytes) const {
  return size() < allowed_.frames && bytes_ + bytes <= allowed_.bytes;
}

bool outgoing_queue::push(frame bytes, workflow_number status_of) {
  const auto size = bytes->size();
  if (!has_room_for(size)) drop_overtaken(status_of);
  if (!has_room_for(size)) return false;
  bytes_ += size;
  items_.push_back({std::move(bytes), status_of});
  return true;
}

/// Drops every status that a newer one follows, the frame of workflow `by` that is about to come
/// counted among those. The first stays when part of it was sent.
void outgoing_queue::drop_overtaken(workflow_number by) {
  std::unordered_set<workflow_number> newer;
  if (by != 0) newer.insert(by);
  std::vector<item> kept;
  const auto first = head_ + (sent_ > 0 ? 1 : 0);
  for (auto i = items_.size(); i > first; --i) {
    auto& queued = items_[i - 1];
    if (queued.status_of != 0 && !newer.insert(queued.status_of).second) {
      bytes_ -= queued.bytes->size();
      ++overtaken_;
    } else {
      kept.push_back(std::move(queued));
    }
  }
  if (first > head_) kept.push_back(std::move(items_[head_]));
  std::reverse(kept.begin(), kept.end());
  items_ = std::move(kept);
  head_ = 0;
}

void outgoing_queue::drop_unbegun() {
  const auto kept = head_ + (sent_ > 0 ? 1 : 0);
  for (auto i = kept; i < items_.size(); ++i)
    bytes_ -= items_[i].bytes->size();
  items_.resize(kept);
}

std::string_view outgoing_queue::front() const {
  return std::string_view{*items_[head_].bytes}.substr(sent_);
}

void outgoing_queue::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < items_[head_].bytes->size()) return;
  bytes_ -= items_[head_].bytes->size();
  items_[head_].bytes.reset();
  ++head_;
  sent_ = 0;
  // Amortised: each is moved once at most.
  if (head_ * 2 < items_.size()) return;
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
}

} // namespace latchkey::ws
