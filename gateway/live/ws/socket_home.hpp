// socket_home.hpp — what the live sockets of one reactor share: timers, parsers and a buffer that
// they borrow, limits and counts.
#pragma once

#include "config/metrics/metrics.hpp"
#include "gateway/live/ws/frame_reader.hpp"
#include "gateway/live/ws/outgoing_queue.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace latchkey::ws {

struct socket_limits {
  std::size_t message_bytes_max = std::size_t{64} << 10;
  outgoing_queue::limits queue;
  std::chrono::milliseconds ping_every{30'000};  // after so long a silence
  std::chrono::milliseconds pong_within{10'000}; // then it is closed (1008)
  std::chrono::milliseconds close_within{5'000}; // in which the peer closes in return
  std::chrono::milliseconds stop_within{1'000};  // the same while the server stops
};

/// Used on the reactor's thread alone.
class socket_home {
public:
  static constexpr std::size_t idle_readers_max = 16;

  socket_home(timer_wheel& timers, const socket_limits& allowed, counter& overtaken)
      : timers_(timers), allowed_(allowed), overtaken_(overtaken) {}

  timer_wheel& timers() noexcept { return timers_; }
  const socket_limits& allowed() const noexcept { return allowed_; }
  /// In which the peer closes in return; less once the server stops.
  std::chrono::milliseconds close_within() const noexcept {
    return is_stopping_ ? std::min(allowed_.stop_within, allowed_.close_within)
                        : allowed_.close_within;
  }
  void stop() noexcept { is_stopping_ = true; }
  /// Statuses that newer ones took the place of.
  counter& overtaken() noexcept { return overtaken_; }
  /// For bytes that are looked at before anybody else reads.
  std::span<char> buffer() noexcept { return buffer_; }

  std::unique_ptr<frame_reader> lend_reader() {
    if (readers_.empty()) return std::make_unique<frame_reader>(allowed_.message_bytes_max);
    auto reader = std::move(readers_.back());
    readers_.pop_back();
    return reader;
  }
  /// One that is idle (see there).
  void take_back(std::unique_ptr<frame_reader> reader) {
    if (readers_.size() < idle_readers_max) readers_.push_back(std::move(reader));
  }

private:
  timer_wheel& timers_;
  const socket_limits allowed_;
  counter& overtaken_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<frame_reader>> readers_;
  std::array<char, std::size_t{16} << 10> buffer_;
};

} // namespace latchkey::ws
