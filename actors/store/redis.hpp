// redis.hpp — the actor in front of Redis: one connection, and one round trip for all who ask
// meanwhile. Spawn it detached: it blocks.
//
// Whoever cannot be granted something yet, because other nodes have been lent it or hold it, stays
// and is asked for again with every round trip, at the latest with the next tick.
#pragma once

#include "actors/base/behave.hpp"
#include "actors/limits/shared_rate_limiter.hpp"
#include "config/metrics/metrics.hpp"
#include "protocol/interfaces.hpp"
#include "protocol/time.hpp"
#include "storage/redis/rate_windows.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <memory>
#include <vector>

namespace latchkey {

struct redis_state {
  static inline const char* name = "redis";

  /// Between two looks at what other nodes want, while there is something to give or to wait for.
  static constexpr std::chrono::milliseconds tick_pause{25};
  /// The same while Redis is away.
  static constexpr std::chrono::milliseconds probe_pause{500};
  /// How long somebody waits for what other nodes were lent, and for what is held.
  static constexpr std::chrono::seconds recall_wait_max{1};
  static constexpr std::chrono::seconds held_wait_max{5};
  /// Changes that wait for a Redis that is away; beyond that they are dropped.
  static constexpr std::size_t changes_max = 10'000;

  redis_actor::pointer self = nullptr;
  const clock_source* clock = nullptr;
  metrics* counts = nullptr;
  std::shared_ptr<shared_rate_limiter> limiter;
  std::unique_ptr<storage::redis_rate_windows> windows;

  caf::result<messages::done> on_ping(messages::ping_redis& request);
  caf::result<messages::rate_taken> on_take(messages::take_rate& request);
  void on_settle(messages::settle_rate& settled);
  void on_forget(messages::forget_rate& forgotten);
  void on_flush(messages::flush&);
  void on_tick(messages::redis_tick&);
  /// Gives back what this node was lent.
  void on_exit();

private:
  struct asker {
    messages::take_rate request;
    promise<messages::rate_taken> answer;
    time_point asked_at{};
  };
  /// Askers of one window, by their places in `askers_`.
  using group = std::vector<std::size_t>;

  void change(storage::rate_change change);
  void add(std::vector<storage::rate_change> changes);
  void schedule_flush();
  void schedule_tick();
  void flush();
  void drop_late();
  /// Those for whom there is something by now that was lent with the last answer.
  void grant_from_leases();
  std::vector<group> groups_of_askers() const;
  /// Answers those of the group that need not wait; the others are kept.
  void settle(const group& members, const storage::rate_question& question,
              const storage::rate_answer& answer, time_point asked_at, std::vector<asker>& kept);
  bool may_wait(const asker& one, const storage::rate_answer& answer) const;
  void answer_alone();
  /// Whether Redis has answered; a change is logged.
  template <class Outcome>
  bool note(const Outcome& outcome);

  std::vector<asker> askers_; // the first comes first
  std::vector<storage::rate_change> changes_;
  bool is_flush_scheduled_ = false;
  bool is_tick_scheduled_ = false;
};

/// The limiter tells this actor what becomes of what is held (shared_rate_limiter::tell).
/// `wait_max` is how long Redis may take to answer before it is away.
redis_actor::behavior_type
redis(redis_actor::stateful_pointer<redis_state> self, storage::redis_address address,
      const clock_source* clock, metrics* counts, std::shared_ptr<shared_rate_limiter> limiter,
      std::chrono::milliseconds wait_max = storage::redis_connection::patience);

} // namespace latchkey
