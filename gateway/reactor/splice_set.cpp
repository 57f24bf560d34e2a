#include "gateway/reactor/splice_set.hpp"

#include <utility>

namespace latchkey::gateway {

std::uint64_t splice_set::add(http::taken_connection client, http::taken_connection upstream,
                              std::shared_ptr<void> keep, http::splice_gate gate,
                              std::function<void(std::uint64_t number)> on_ended) {
  const auto number = ++last_number_;
  http::splice_options options;
  options.idle_max = idle_max;
  options.gate = std::move(gate);
  options.on_ended = [this, number, on_ended = std::move(on_ended)](http::splice_end,
                                                                    const http::splice_counts&) {
    const auto tell = on_ended; // goes with the splice
    all_.erase(number);
    if (tell) tell(number);
  };
  auto both = std::make_unique<http::splice>(wheel_, std::move(client), std::move(upstream),
                                             std::move(options));
  all_.emplace(number, entry{std::move(keep), std::move(both)});
  return number;
}

void splice_set::end(std::uint64_t number) {
  const auto found = all_.find(number);
  if (found != all_.end()) found->second.both->close();
}

void splice_set::end_all() {
  for (auto& [number, spliced] : all_)
    spliced.both->close();
}

} // namespace latchkey::gateway
