#include "gateway/reactor/timer_wheel.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>

namespace latchkey {

/// The Asio timer, kept apart so that a wait that outlives the wheel finds it gone.
struct timer_wheel::ticker {
  using timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>,
                                                  boost::asio::io_context::executor_type>;
  explicit ticker(boost::asio::io_context& io) : wait(io) {}
  timer wait;
  bool armed = false;
};

timer_wheel::timer_wheel(boost::asio::io_context& io, clock::duration tick)
    : tick_(std::max<clock::duration>(tick, std::chrono::milliseconds{1})), origin_(clock::now()),
      slots_(std::make_unique<node[]>(slot_count)), ticker_(std::make_shared<ticker>(io)) {
  for (std::size_t i = 0; i < slot_count; ++i)
    slots_[i].previous = slots_[i].next = &slots_[i];
}

timer_wheel::~timer_wheel() {
  for (std::size_t i = 0; i < slot_count; ++i)
    while (slots_[i].next != &slots_[i])
      unlink(*slots_[i].next);
}

void timer_wheel::entry::cancel() noexcept {
  if (!scheduled()) return;
  timer_wheel::unlink(*this);
  --wheel_->size_;
}

void timer_wheel::link(node& list, node& n) noexcept {
  n.previous = list.previous;
  n.next = &list;
  list.previous->next = &n;
  list.previous = &n;
}

void timer_wheel::unlink(node& n) noexcept {
  n.previous->next = n.next;
  n.next->previous = n.previous;
  n.previous = n.next = nullptr;
}

std::uint64_t timer_wheel::tick_at(clock::time_point t) const noexcept {
  return static_cast<std::uint64_t>((t - origin_) / tick_);
}

void timer_wheel::schedule(entry& e, clock::duration delay) {
  e.cancel();
  if (delay < clock::duration::zero()) delay = clock::duration::zero();
  // An idle wheel stands still; it catches up when it is used again.
  auto now_tick = tick_at(clock::now());
  if (size_ == 0) current_tick_ = std::max(current_tick_, now_tick);
  // Rounded up, and one more because the present tick has begun already.
  auto ticks = static_cast<std::uint64_t>((delay + tick_ - clock::duration{1}) / tick_);
  e.due_tick_ = std::max(now_tick, current_tick_) + ticks + 1;
  e.wheel_ = this;
  link(slots_[e.due_tick_ % slot_count], e);
  ++size_;
  arm();
}

void timer_wheel::arm() {
  if (ticker_->armed || size_ == 0) return;
  ticker_->armed = true;
  ticker_->wait.expires_at(origin_ + tick_ * static_cast<clock::rep>(current_tick_ + 1));
  ticker_->wait.async_wait(
      [this, alive = std::weak_ptr<ticker>(ticker_)](const boost::system::error_code&) {
        auto held = alive.lock();
        if (!held) return;
        held->armed = false;
        on_tick();
      });
}

void timer_wheel::on_tick() {
  auto now_tick = tick_at(clock::now());
  // A reactor that was held up for longer than a revolution visits each slot once.
  auto behind = now_tick > current_tick_ ? now_tick - current_tick_ : 0;
  auto steps = std::min<std::uint64_t>(behind, slot_count);
  auto first = now_tick - steps + 1;
  current_tick_ = std::max(current_tick_, now_tick);
  for (std::uint64_t step = 0; step < steps; ++step) {
    expire_slot(first + step);
  }
  arm();
}

void timer_wheel::expire_slot(std::uint64_t tick) {
  node& slot = slots_[tick % slot_count];
  if (slot.next == &slot) return;
  // Work on a list of its own: callbacks may schedule into this very slot.
  node due;
  due.previous = slot.previous;
  due.next = slot.next;
  due.previous->next = &due;
  due.next->previous = &due;
  slot.previous = slot.next = &slot;
  while (due.next != &due) {
    auto& e = static_cast<entry&>(*due.next);
    unlink(e);
    if (e.due_tick_ > current_tick_) {
      link(slots_[e.due_tick_ % slot_count], e);
      continue;
    }
    --size_;
    e.on_expired_(e);
  }
}

} // namespace latchkey
