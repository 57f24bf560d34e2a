#include "gateway/reactor/heartbeats.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

namespace latchkey::gateway {
namespace {

/// The last beat of a reactor that does not beat: nobody waits for one.
constexpr auto none = std::numeric_limits<heartbeats::clock::rep>::max();

} // namespace

struct heartbeats::beat : timer_wheel::entry {
  beat() : entry(&beat::on_expired) {}

  void tell() {
    last.store(clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    timers->schedule(*this, every);
  }
  static void on_expired(timer_wheel::entry& self) noexcept { static_cast<beat&>(self).tell(); }

  timer_wheel* timers = nullptr;
  std::atomic<clock::rep> last = none;
};

heartbeats::heartbeats(std::size_t reactors) {
  for (std::size_t i = 0; i < reactors; ++i)
    beats_.push_back(std::make_unique<beat>());
}

heartbeats::~heartbeats() = default;

void heartbeats::begin(std::size_t index, timer_wheel& timers) {
  beats_[index]->timers = &timers;
  beats_[index]->tell();
}

void heartbeats::end(std::size_t index) {
  beats_[index]->cancel();
  beats_[index]->last.store(none, std::memory_order_relaxed);
}

bool heartbeats::are_regular(clock::time_point now) const noexcept {
  const auto oldest = (now - silent_max).time_since_epoch().count();
  return std::all_of(beats_.begin(), beats_.end(), [oldest](const auto& each) {
    return each->last.load(std::memory_order_relaxed) >= oldest;
  });
}

} // namespace latchkey::gateway
