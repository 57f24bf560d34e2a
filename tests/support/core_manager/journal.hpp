// journal.hpp — what arrived at the sample core manager, for a test to look at by
// GET /control/requests: per request its method, target, headers as [name, value] in their
// order (trailers included), and body.
#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>

namespace core_manager {

inline constexpr std::size_t journal_entries_max = 20'000;

struct journal_entry {
  nlohmann::json head;   // {method, target, headers}
  std::string body;      // its first 64 KiB
  std::size_t bytes = 0; // of the whole body, so far
  bool is_whole = false; // the request has come to its end
};

class journal {
public:
  std::shared_ptr<journal_entry> add(nlohmann::json head) {
    if (entries_.size() == journal_entries_max) entries_.pop_front();
    return entries_.emplace_back(
        std::make_shared<journal_entry>(journal_entry{std::move(head), {}, 0, false}));
  }
  void clear() { entries_.clear(); }
  nlohmann::json all() const {
    auto out = nlohmann::json::array();
    for (const auto& entry : entries_) {
      auto line = entry->head;
      // Bytes that are no UTF-8 become U+FFFD when this is written.
      line["body"] = entry->body;
      line["bytes"] = entry->bytes;
      line["whole"] = entry->is_whole;
      out.push_back(std::move(line));
    }
    return out;
  }

private:
  std::deque<std::shared_ptr<journal_entry>> entries_;
};

} // namespace core_manager
