#include "storage/postgres/round_trip_guard.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::storage::postgres {

round_trip_guard::slot::~slot() {
  if (descriptor_ >= 0) close(descriptor_);
}

void round_trip_guard::slot::arm(std::chrono::steady_clock::time_point deadline) noexcept {
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
}

void round_trip_guard::slot::disarm() noexcept {
  deadline_.store(0, std::memory_order_relaxed);
}

void round_trip_guard::slot::cut_if_late(std::chrono::steady_clock::time_point now) noexcept {
  auto deadline = deadline_.load(std::memory_order_relaxed);
  if (deadline == 0 || now.time_since_epoch().count() < deadline) return;
  // An answer that came this instant wins; losing the race only costs a reconnection.
  if (deadline_.compare_exchange_strong(deadline, 0) && descriptor_ >= 0)
    shutdown(descriptor_, SHUT_RDWR);
}

round_trip_guard::~round_trip_guard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<round_trip_guard::slot> round_trip_guard::watch(int socket) {
  auto made = std::make_shared<slot>(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  const std::lock_guard lock(mutex_);
  slots_.push_back(made);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
  return made;
}

void round_trip_guard::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Without connections there is nothing to wake up for.
    if (slots_.empty())
      changed_.wait(lock, [this] { return stopping_ || !slots_.empty(); });
    else
      changed_.wait_for(lock, tick, [this] { return stopping_; });
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(slots_, [now](const std::weak_ptr<slot>& weak) {
      const auto alive = weak.lock();
      if (alive) alive->cut_if_late(now);
      return !alive;
    });
  }
}

} // namespace latchkey::storage::postgres
