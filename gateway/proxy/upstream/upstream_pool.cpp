#include "gateway/proxy/upstream/upstream_pool.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>

namespace latchkey::proxy {
namespace {

/// How often those who wait look whether the breaker lets them.
constexpr std::chrono::milliseconds let_in_every{100};
constexpr std::uint32_t crowded_retry_s = 1;

} // namespace

// -- the client's own ---------------------------------------------------------------------

upstream_client::core::core(boost::asio::io_context& context, timer_wheel& timers,
                            std::shared_ptr<upstream_set> all, const upstream_limits& bounds)
    : io(context), wheel(timers), upstreams(std::move(all)), limits(bounds) {
  for (std::size_t i = 0; i < upstreams->size(); ++i)
    pools.push_back(std::make_unique<upstream_pool>(*this, upstreams->at(i)));
}

upstream_client::core::~core() = default;

void upstream_client::core::throw_if_closed() const {
  if (closed) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void upstream_client::core::close() {
  closed = true;
  for (auto* connection : in_use)
    connection->close();
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
  --pool->calls;
  if (!core_->closed) pool->let_in();
  core_.reset();
}

namespace {

/// Counts a call while it waits.
class waiting_call {
public:
  explicit waiting_call(upstream_pool& pool) : pool_(pool) {
    ++pool_.waiting;
    pool_.about.counts.waiting.add(1);
  }
  ~waiting_call() {
    --pool_.waiting;
    pool_.about.counts.waiting.add(-1);
  }
  waiting_call(const waiting_call&) = delete;
  waiting_call& operator=(const waiting_call&) = delete;

private:
  upstream_pool& pool_;
};

/// A slot that gives back the seat that it was called to and did not take.
class seat_slot : public turn_queue::slot {
public:
  seat_slot(const std::shared_ptr<upstream_client::core>& core, upstream_pool& pool)
      : slot(pool.queue, core->io), core_(core), pool_(pool) {}
  ~seat_slot() {
    if (!leave_) return; // never called, or taken
    leave_.reset();
    pool_seat(core_, pool_).give_back();
  }
  void grant(circuit_breaker::call leave) {
    leave_.emplace(std::move(leave));
    pool_.queue.call(*this);
  }
  granted_call take() {
    granted_call out{{core_, pool_}, *std::move(leave_), true};
    leave_.reset();
    return out;
  }

private:
  std::shared_ptr<upstream_client::core> core_;
  upstream_pool& pool_;
  std::optional<circuit_breaker::call> leave_; // with the seat that this one was called to
};

granted_call seated_at_once(const std::shared_ptr<upstream_client::core>& core, upstream_pool& pool,
                            circuit_breaker::call leave) {
  ++pool.calls;
  return {{core, pool}, std::move(leave), false};
}

} // namespace

upstream_pool::reminder::reminder(upstream_pool& pool)
    : entry([](entry& e) noexcept { static_cast<reminder&>(e).of.let_in(); }), of(pool) {}

upstream_pool::upstream_pool(upstream_client::core& client, upstream_set::entry& entry)
    : owner(client), about(entry),
      addresses(client.io, entry.target.host, entry.target.port, entry.addresses) {}

void upstream_pool::let_in() {
  while (calls < owner.limits.calls_max) {
    auto* first = static_cast<seat_slot*>(queue.first());
    if (first == nullptr) return;
    auto leave = about.breaker.try_admit(std::chrono::steady_clock::now());
    if (!leave) return owner.wheel.schedule(reminder_, let_in_every);
    ++calls;
    first->grant(*std::move(leave));
  }
}

awaitable<result<granted_call>> take_seat(std::shared_ptr<upstream_client::core> core,
                                          upstream_pool& pool,
                                          std::chrono::steady_clock::time_point deadline) {
  auto leave = pool.about.breaker.admit(std::chrono::steady_clock::now());
  if (!leave) co_return fail(leave.error());
  if (pool.queue.empty() && pool.calls < core->limits.calls_max) {
    co_return seated_at_once(core, pool, *std::move(leave));
  }
  if (pool.waiting >= core->limits.waiting_max)
    co_return fail_with_retry(error_code::upstream_unavailable, crowded_retry_s,
                              "has too many requests");
  const waiting_call counted(pool);
  seat_slot slot(core, pool);
  leave = fail(error_code::upstream_timeout, {}, "is busy with other requests"); // given back
  pool.let_in();
  const bool was_called = co_await slot.wait_until(deadline);
  core->throw_if_closed();
  if (!was_called) co_return fail(leave.error());
  co_return slot.take();
}

// -- connections --------------------------------------------------------------------------

used_connection::used_connection(upstream_client::core& core,
                                 std::unique_ptr<upstream_connection> connection)
    : core_(&core), connection_(std::move(connection)) {
  core_->in_use.insert(connection_.get());
}

used_connection::used_connection(used_connection&& other) noexcept
    : core_(other.core_), connection_(std::move(other.connection_)) {}

used_connection& used_connection::operator=(used_connection&& other) noexcept {
  if (this == &other) return *this;
  drop();
  core_ = other.core_;
  connection_ = std::move(other.connection_);
  return *this;
}

void used_connection::drop() {
  if (!connection_) return;
  core_->in_use.erase(connection_.get());
  connection_.reset();
}

void used_connection::keep(upstream_pool& pool) {
  const auto& limits = core_->limits;
  const bool has_room =
      !core_->closed && pool.idle.size() < std::min(limits.idle_max, limits.calls_max);
  if (!has_room) return drop();
  core_->in_use.erase(connection_.get());
  connection_->input().shrink_to_fit();
  connection_->is_reused = true;
  connection_->end_at(std::chrono::steady_clock::now() + limits.idle_for);
  pool.idle.push_back(std::move(connection_));
}

used_connection take_idle(upstream_client::core& core, upstream_pool& pool) {
  // Connections that are always in use would hide that the upstream has moved.
  pool.addresses.refresh();
  while (!pool.idle.empty()) {
    auto connection = std::move(pool.idle.back());
    pool.idle.pop_back();
    if (connection->has_expired() || connection->is_readable() ||
        !pool.addresses.has(connection->peer()))
      continue;
    connection->end_never();
    return {core, std::move(connection)};
  }
  return {};
}

} // namespace latchkey::proxy
