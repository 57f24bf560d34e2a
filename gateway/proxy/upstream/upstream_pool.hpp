// upstream_pool.hpp — one upstream's connections on a reactor: how many calls may have one, which
// calls wait for one, and which connections are kept; private to the proxy.
#pragma once

#include "gateway/proxy/upstream/address_lookup.hpp"
#include "gateway/proxy/upstream/turn_queue.hpp"
#include "gateway/proxy/upstream/upstream_client.hpp"
#include "gateway/proxy/upstream/upstream_connection.hpp"

#include <deque>
#include <memory>
#include <unordered_set>
#include <vector>

namespace latchkey::proxy {

struct upstream_pool;

struct upstream_client::core : std::enable_shared_from_this<core> {
  core(boost::asio::io_context& context, timer_wheel& timers, std::shared_ptr<upstream_set> all,
       const upstream_limits& bounds);
  ~core();

  /// std::system_error once the client is closed: the caller may not exist any more.
  void throw_if_closed() const;
  void close();

  boost::asio::io_context& io;
  timer_wheel& wheel;
  const std::shared_ptr<upstream_set> upstreams;
  const upstream_limits limits;
  std::vector<std::unique_ptr<upstream_pool>> pools; // as `upstream_set` has them
  std::unordered_set<upstream_connection*> in_use;   // to be closed with the client
  std::size_t upgraded = 0;
  bool closed = false;
};

struct upstream_pool {
  upstream_pool(upstream_client::core& client, upstream_set::entry& entry);

  /// Calls those who wait to the seats that are free, as far as the breaker lets them. While it
  /// lets nobody, this is done again every now and then.
  void let_in();

  upstream_client::core& owner;
  upstream_set::entry& about;
  address_lookup addresses;
  turn_queue queue;
  std::size_t calls = 0;                                 // with a seat
  std::size_t waiting = 0;                               // for one
  std::deque<std::unique_ptr<upstream_connection>> idle; // the newest last

private:
  struct reminder : timer_wheel::entry {
    explicit reminder(upstream_pool& pool);
    upstream_pool& of;
  };
  reminder reminder_{*this};
};

/// The right to have one connection to one upstream.
class pool_seat {
public:
  pool_seat() = default;
  pool_seat(std::shared_ptr<upstream_client::core> core, upstream_pool& pool) noexcept
      : core_(std::move(core)), pool_(&pool) {}
  pool_seat(pool_seat&& other) noexcept;
  pool_seat& operator=(pool_seat&& other) noexcept;
  ~pool_seat() { give_back(); }

  explicit operator bool() const noexcept { return pool_ != nullptr; }
  upstream_pool& pool() const noexcept { return *pool_; }
  upstream_client::core& core() const noexcept { return *core_; }
  void give_back();

private:
  std::shared_ptr<upstream_client::core> core_;
  upstream_pool* pool_ = nullptr;
};

/// A connection while a call has it. Closed with this, unless it was kept.
class used_connection {
public:
  used_connection() = default;
  used_connection(upstream_client::core& core, std::unique_ptr<upstream_connection> connection);
  used_connection(used_connection&& other) noexcept;
  used_connection& operator=(used_connection&& other) noexcept;
  ~used_connection() { drop(); }

  upstream_connection* operator->() const noexcept { return connection_.get(); }
  explicit operator bool() const noexcept { return connection_ != nullptr; }
  void drop();
  /// For later calls, if the pool has room for it.
  void keep(upstream_pool& pool);

private:
  upstream_client::core* core_ = nullptr;
  std::unique_ptr<upstream_connection> connection_;
};

/// A connection's seat, and the breaker's leave to use it.
struct granted_call {
  pool_seat seat;
  circuit_breaker::call leave;
  bool has_waited;
};

/// At once, or when it is this one's turn and the breaker lets it: one that waits already is not
/// turned away when the upstream begins to fail, but may be the one to try it again.
/// GW001: the breaker lets nobody, or too many wait; GW002: the deadline came first.
awaitable<result<granted_call>> take_seat(std::shared_ptr<upstream_client::core> core,
                                          upstream_pool& pool,
                                          std::chrono::steady_clock::time_point deadline);

/// A kept one that the upstream has not closed, and that leads where it is now; empty when there
/// is none.
used_connection take_idle(upstream_client::core& core, upstream_pool& pool);

} // namespace latchkey::proxy
