// round_trip_guard.hpp — ends the wait for a server that has fallen silent.
//
// libpq waits for an answer without limit, and a frozen server still acknowledges every
// packet, so no socket option helps. One thread a store looks at the deadlines of its
// connections and shuts a late one's socket down; libpq then finds it closed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace latchkey::storage::postgres {

class round_trip_guard {
public:
  /// How late a cut may come.
  static constexpr std::chrono::milliseconds tick{100};

  /// One connection's place. Holds a descriptor of its own for the same socket, so that a
  /// cut can never hit another file that was given the number meanwhile.
  class slot {
  public:
    explicit slot(int duplicate) : descriptor_(duplicate) {}
    ~slot();
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;
    void arm(std::chrono::steady_clock::time_point deadline) noexcept;
    void disarm() noexcept;

  private:
    friend class round_trip_guard;
    void cut_if_late(std::chrono::steady_clock::time_point now) noexcept;
    int descriptor_;
    std::atomic<std::int64_t> deadline_{0}; // ticks of the steady clock; 0: none
  };

  round_trip_guard() = default;
  ~round_trip_guard();
  round_trip_guard(const round_trip_guard&) = delete;
  round_trip_guard& operator=(const round_trip_guard&) = delete;

  /// Watches a socket for as long as the answer lives.
  std::shared_ptr<slot> watch(int socket);

private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<slot>> slots_;
  bool stopping_ = false;
  std::thread thread_; // started by the first connection
};

} // namespace latchkey::storage::postgres
