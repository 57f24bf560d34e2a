#include "gateway/proxy/upstream_pool.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

namespace latchkey::proxy {

// -- the client's own ---------------------------------------------------------------------

upstream_client::core::core(boost::asio::io_context& context, timer_wheel& timers,
                            std::shared_ptr<upstream_set> all, const upstream_limits& bounds)
    : io(context), wheel(timers), upstreams(std::move(all)), limits(bounds) {
  for (std::size_t i = 0; i < upstreams->size(); ++i)
    pools.push_back(std::make_unique<upstream_pool>(io, upstreams->at(i)));
}

upstream_client::core::~core() = default;

void upstream_client::core::throw_if_closed() const {
  if (closed) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void upstream_client::core::close() {
  closed = true;
  for (auto* one : in_use)
    one->close();
  for (auto& pool : pools) {
    pool->idle.clear();
    pool->queue.call_all();
    pool->addresses.close();
  }
}

// -- seats --------------------------------------------------------------------------------

pool_seat::pool_seat(pool_seat&& other) noexcept
    : core_(std::move(other.core_)), pool_(std::exchange(other.pool_, nullptr)) {}

pool_seat& pool_seat::operator=(pool_seat&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  core_ = std::move(other.core_);
  pool_ = std::exchange(other.pool_, nullptr);
  return *this;
}

void pool_seat::give_back() {
  auto* pool = std::exchange(pool_, nullptr);
  if (pool == nullptr) return;
  // Whoever is called has it from here on.
  if (!pool->queue.call_first()) --pool->calls;
  core_.reset();
}

namespace {

/// Counts a call while it waits.
class waiting_call {
public:
  waiting_call(upstream_client::core& core, upstream_pool& pool) : core_(core), pool_(pool) {
    ++core_.waiting;
    pool_.about.counts.waiting.add(1);
  }
  ~waiting_call() {
    --core_.waiting;
    pool_.about.counts.waiting.add(-1);
  }
  waiting_call(const waiting_call&) = delete;
  waiting_call& operator=(const waiting_call&) = delete;

private:
  upstream_client::core& core_;
  upstream_pool& pool_;
};

/// A place that gives the seat back which it was called to and did not take.
class seat_place : public turn_queue::place {
public:
  seat_place(const std::shared_ptr<upstream_client::core>& core, upstream_pool& pool)
      : place(pool.queue, core->io), core_(core), pool_(pool) {}
  ~seat_place() {
    if (was_called() && !is_taken_) pool_seat(core_, pool_).give_back();
  }
  pool_seat take() {
    is_taken_ = true;
    return {core_, pool_};
  }

private:
  std::shared_ptr<upstream_client::core> core_;
  upstream_pool& pool_;
  bool is_taken_ = false;
};

} // namespace

awaitable<result<pool_seat>> take_seat(std::shared_ptr<upstream_client::core> core,
                                       upstream_pool& pool,
                                       std::chrono::steady_clock::time_point deadline) {
  if (pool.calls < core->limits.calls_max) {
    ++pool.calls;
    co_return pool_seat(core, pool);
  }
  if (core->waiting >= core->limits.waiting_max) co_return fail(error_code::overloaded);
  const waiting_call counted(*core, pool);
  seat_place place(core, pool);
  const bool was_called = co_await place.wait_until(deadline);
  core->throw_if_closed();
  if (!was_called) co_return fail(error_code::timeout);
  co_return place.take();
}

// -- connections --------------------------------------------------------------------------

used_connection::used_connection(upstream_client::core& core,
                                 std::unique_ptr<upstream_connection> one)
    : core_(&core), one_(std::move(one)) {
  core_->in_use.insert(one_.get());
}

used_connection::used_connection(used_connection&& other) noexcept
    : core_(other.core_), one_(std::move(other.one_)) {}

used_connection& used_connection::operator=(used_connection&& other) noexcept {
  if (this == &other) return *this;
  drop();
  core_ = other.core_;
  one_ = std::move(other.one_);
  return *this;
}

void used_connection::drop() {
  if (!one_) return;
  core_->in_use.erase(one_.get());
  one_.reset();
}

void used_connection::keep(upstream_pool& pool) {
  const auto& limits = core_->limits;
  const bool has_room =
      !core_->closed && pool.idle.size() < std::min(limits.idle_max, limits.calls_max);
  if (!has_room) return drop();
  core_->in_use.erase(one_.get());
  one_->input().shrink_to_fit();
  one_->is_reused = true;
  one_->end_at(std::chrono::steady_clock::now() + limits.idle_for);
  pool.idle.push_back(std::move(one_));
}

used_connection take_idle(upstream_client::core& core, upstream_pool& pool) {
  while (!pool.idle.empty()) {
    auto one = std::move(pool.idle.back());
    pool.idle.pop_back();
    if (one->has_expired() || one->is_readable()) continue;
    one->end_never();
    return {core, std::move(one)};
  }
  return {};
}

} // namespace latchkey::proxy
