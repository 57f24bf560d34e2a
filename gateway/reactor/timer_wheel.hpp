// timer_wheel.hpp — cheap, coarse deadlines: one Asio timer a reactor, armed only while something
// waits. Scheduling and cancelling cost a few stores and allocate nothing, so every request can
// have a deadline. Used by one thread alone.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey {

class timer_wheel {
  struct node {
    node* previous = nullptr; // nullptr: in no list
    node* next = nullptr;
  };

public:
  using clock = std::chrono::steady_clock;

  /// Something that can expire. It must outlive its time in the wheel or be cancelled;
  /// its destructor cancels. Neither copied nor moved.
  class entry : private node {
  public:
    /// Called once, out of the wheel, when the deadline has passed; may schedule or
    /// cancel any entry, and may destroy this one, but not the wheel. Must not throw.
    using expired_function = void (*)(entry&) noexcept;

    explicit entry(expired_function on_expired) noexcept : on_expired_(on_expired) {}
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry() { cancel(); }

    /// Takes it out of its wheel, if it is in one.
    void cancel() noexcept;
    bool scheduled() const noexcept { return next != nullptr; }

  private:
    friend class timer_wheel;
    expired_function on_expired_;
    timer_wheel* wheel_ = nullptr;
    std::uint64_t due_tick_ = 0;
  };

  static constexpr std::chrono::milliseconds default_tick{100};

  /// The wheel may be destroyed before `io` and before its entries: those that still wait
  /// never expire.
  explicit timer_wheel(boost::asio::io_context& io, clock::duration tick = default_tick);
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;
  ~timer_wheel();

  /// Lets `e` expire no earlier than `delay` from now and at most two ticks later (as
  /// long as the reactor runs); one that is scheduled already moves.
  void schedule(entry& e, clock::duration delay);

  /// Entries that wait.
  std::size_t size() const noexcept { return size_; }

private:
  static constexpr std::size_t slot_count = 1024; // later deadlines go round again
  struct ticker;

  static void link(node& list, node& n) noexcept;
  static void unlink(node& n) noexcept;
  std::uint64_t tick_at(clock::time_point t) const noexcept;
  void arm();
  void on_tick();
  void expire_slot(std::uint64_t tick);

  clock::duration tick_;
  clock::time_point origin_;
  std::uint64_t current_tick_ = 0; // every tick up to this one has been handled
  std::size_t size_ = 0;
  std::unique_ptr<node[]> slots_;
  std::shared_ptr<ticker> ticker_; // the pending wait holds it weakly
};

} // namespace latchkey
