// shared_rate_limiter.hpp — windows that all nodes share through Redis: what this node may spend of
// them without asking.
//
// Redis has the windows, and lends a node a part of what is left of one, so that most takes cost no
// round trip: one of 4 times `members`. When fewer are left than that, each take asks. What was
// lent counts as used until it is given back, so no node can make all of them exceed the limit,
// whatever becomes of it. What nobody spends returns: at the end of `lease_idle`, and within two
// ticks of the Redis actor (redis_state::tick_pause) when another node is about to refuse. That one
// waits for it, for `recall_wait_max` at most; what was lent to a node that is frozen or dead is
// then taken for spent until the window ends. What is held is never lent.
//
// While Redis does not answer, a node grants what it was lent, and of the rest of the limit its
// part
// (`node_part_of`), less what it has granted in this window before. Redis is told of these later.
#pragma once

#include "actors/limits/rate_limiter.hpp"
#include "actors/limits/window_table.hpp"
#include "protocol/interfaces.hpp"
#include "storage/redis/rate_windows.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace latchkey {

class shared_rate_limiter final : public rate_limiter {
public:
  /// For so long after the last time that something was lent it stays, if nobody wants it.
  static constexpr std::chrono::seconds lease_idle{5};
  /// For so long a refusal that Redis gave is given again without asking.
  static constexpr std::chrono::seconds refusal_valid_for{5};

  explicit shared_rate_limiter(std::size_t keys_max = 1'000'000);

  rate_verdict take(std::string_view key, const rate_limit& limit, time_point now) override;
  rate_verdict look(std::string_view key, const rate_limit& limit, time_point now) override;
  /// Undecided unless Redis is away.
  rate_verdict hold(std::string_view key, const rate_limit& limit, time_point now) override;
  void give_back(std::string_view key, time_point reset) override { settle(key, reset, false); }
  void keep(std::string_view key, time_point reset) override { settle(key, reset, true); }
  void forget(std::string_view key) override;
  void let_go(time_point now) override { windows_.let_go(now); }
  std::size_t windows() const override { return windows_.size(); }
  void set_members(std::size_t members) override;
  bool is_degraded() const override { return is_degraded_.load(std::memory_order_relaxed); }

  /// Whom to tell what becomes of what is held; before the first use.
  void tell(redis_actor redis) { redis_ = std::move(redis); }

  // -- for the Redis actor, on its thread alone ------------------------------------------------

  void set_degraded(bool is_degraded) { is_degraded_ = is_degraded; }
  /// What to ask Redis for so many who wait.
  storage::rate_question question_for(const messages::take_rate& request, std::uint32_t wanted,
                                      time_point now);
  /// Takes in what Redis has answered to it, and gives the verdict on the last of those that were
  /// granted, or on the first that was not. `asked_at`: before the question was sent.
  rate_verdict adopt(const storage::rate_question& question, const storage::rate_answer& answer,
                     time_point asked_at);
  /// The verdict of this node's part.
  rate_verdict take_alone(std::string_view key, const rate_limit& limit, time_point now,
                          bool holds);
  /// What to give back: by now nobody has spent it for long, others want it, or this node ends.
  std::vector<storage::rate_change> idle_leases(time_point now);
  std::vector<storage::rate_change> recalled_leases(const std::vector<std::string>& keys);
  std::vector<storage::rate_change> all_leases();
  bool has_leases() const noexcept { return !leases_.empty(); }

private:
  struct shared_window {
    time_point reset{};
    std::uint64_t id = 0;     // as Redis names it; 0: Redis was not asked yet
    std::uint32_t lease = 0;  // lent to this node and not spent
    std::uint32_t left = 0;   // for all nodes, at the last answer
    std::uint32_t spent = 0;  // granted by this node
    std::uint32_t owed = 0;   // of those: Redis does not know yet
    std::uint32_t held = 0;   // of those
    std::uint32_t limit = 0;  // that the refusal is of
    time_point refused_until; // none is left, nor will be
    time_point lease_due;     // the lease is given back
  };
  /// A lease, unless a later one has taken its place.
  struct lease {
    std::string key;
    time_point due;
  };

  rate_verdict take(std::string_view key, const rate_limit& limit, time_point now, bool holds);
  void settle(std::string_view key, time_point reset, bool counts);
  storage::rate_change returned(const std::string& key);

  window_table<shared_window> windows_;
  std::atomic<std::size_t> members_{1};
  std::atomic<bool> is_degraded_{false};
  redis_actor redis_;
  std::deque<lease> leases_; // the next one due first
};

} // namespace latchkey
