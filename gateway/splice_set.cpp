#include "gateway/splice_set.hpp"

#include <utility>

namespace latchkey::gateway {

void splice_set::add(const principal& who, http::taken_connection client,
                     http::taken_connection upstream, std::shared_ptr<void> keep) {
  const auto number = ++last_number_;
  http::splice_options options;
  options.idle_max = idle_max;
  options.on_ended = [this, number](http::splice_end, const http::splice_counts&) {
    all_.erase(number);
    if (on_ended) on_ended(number);
  };
  auto both = std::make_unique<http::splice>(wheel_, std::move(client), std::move(upstream),
                                             std::move(options));
  all_.emplace(number, one{std::move(keep), std::move(both)});
  if (on_begun) on_begun(number, who);
}

void splice_set::end(std::uint64_t number) {
  const auto found = all_.find(number);
  if (found != all_.end()) found->second.both->close();
}

} // namespace latchkey::gateway
