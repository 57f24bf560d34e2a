#include "gateway/reactor/heartbeats.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <optional>

namespace latchkey::gateway {
namespace {

/// The last beat of a reactor that does not beat: nobody waits for one.
constexpr auto none = std::numeric_limits<heartbeats::clock::rep>::max();

} // namespace

struct heartbeats::beat : std::enable_shared_from_this<beat> {
  void tell() {
    last.store(clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    // A timer of its own: the wheel would tick ten times a second for it.
    timer->expires_after(every);
    timer->async_wait([alive = weak_from_this()](const boost::system::error_code&) {
      const auto self = alive.lock();
      if (self && self->timer) self->tell();
    });
  }

  std::optional<boost::asio::steady_timer> timer;
  std::atomic<clock::rep> last = none;
};

heartbeats::heartbeats(std::size_t reactors) {
  for (std::size_t i = 0; i < reactors; ++i)
    beats_.push_back(std::make_shared<beat>());
}

heartbeats::~heartbeats() = default;

void heartbeats::begin(std::size_t index, boost::asio::io_context& of_reactor) {
  beats_[index]->timer.emplace(of_reactor);
  beats_[index]->tell();
}

void heartbeats::end(std::size_t index) {
  beats_[index]->timer.reset();
  beats_[index]->last.store(none, std::memory_order_relaxed);
}

bool heartbeats::are_regular(clock::time_point now) const noexcept {
  const auto oldest = (now - silent_max).time_since_epoch().count();
  return std::all_of(beats_.begin(), beats_.end(), [oldest](const auto& each) {
    return each->last.load(std::memory_order_relaxed) >= oldest;
  });
}

} // namespace latchkey::gateway
