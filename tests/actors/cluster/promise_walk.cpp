// promise_walk.cpp — how a walk goes on: chance, time and the store.
#include "tests/actors/cluster/promise_walk_world.hpp"

namespace latchkey::test::promise_walking {
namespace {

constexpr micros calm_at_end = 30s;

} // namespace

walk::walk(const promise_walk_options& options)
    : options_(options), random_(options.seed), end_(micros{std::chrono::seconds{options.seconds}}),
      calm_(end_ - calm_at_end) {
  const auto count = static_cast<std::size_t>(options.nodes);
  links_.resize(count * count);
  store_cut_until_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    clock_rate_.push_back(1.0 + (static_cast<double>(pick(0, 1800)) - 900) / 100000);
    clock_offset_.push_back(micros{pick(0, 1000000)});
    members_.push_back(nullptr);
    after(micros{pick(0, 3000000)}, [this, i] { start(i); });
  }
  after(0us, [this] { trouble(); });
  after(0us, [this] { attempt_connections(); });
}

promise_walk_outcome walk::run() {
  while (!events_.empty() && out_.violation.empty()) {
    auto next = events_.top();
    if (next.at > end_) break;
    events_.pop();
    now_ = next.at;
    next.run();
    look();
  }
  if (out_.violation.empty()) look_at_end();
  return out_;
}

// -- chance and time ---------------------------------------------------------------------------

std::int64_t walk::pick(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(to - from + 1));
}

micros walk::delay() {
  if (!is_calm() && chance(20)) return micros{pick(1000, 400000)};
  return micros{pick(100, 5000)};
}

void walk::after(micros wait, std::function<void()> run) {
  events_.push({now_ + wait, ++order_, std::move(run)});
}

void walk::in(const std::shared_ptr<member>& whose, micros wait, std::function<void(member&)> run) {
  after(wait, [this, whose, run = std::move(run)]() mutable {
    if (!whose->is_alive) return;
    if (whose->frozen_until > now_) return in(whose, whose->frozen_until - now_, std::move(run));
    run(*whose);
  });
}

time_point walk::clock_of(const member& whose) const {
  const auto passed = static_cast<double>(now_.count()) * clock_rate_[whose.place];
  return time_point{} + 1h + clock_offset_[whose.place] + micros{static_cast<std::int64_t>(passed)};
}

// -- the store ---------------------------------------------------------------------------------

std::vector<member_row> walk::read_table() const {
  std::vector<member_row> rows;
  for (const auto& [id, here] : table_)
    rows.push_back({id, "node" + std::to_string(here.place), std::to_string(here.place), "",
                    here.is_open, now_ - here.beaten_at, now_ - here.gapless_since});
  return rows;
}

} // namespace latchkey::test::promise_walking

namespace latchkey::test {

promise_walk_outcome walk_promises(const promise_walk_options& options) {
  return promise_walking::walk(options).run();
}

} // namespace latchkey::test
