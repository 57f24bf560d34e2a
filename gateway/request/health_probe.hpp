// health_probe.hpp — whether the database, Redis and the core manager answer.
#pragma once

#include "gateway/reactor/tcp_probe.hpp"
#include "gateway/request/actor_lookup.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// Asks each dependency at most once a second. One a reactor, used on its thread alone.
class health_probe {
public:
  using deadline_point = actor_lookup::deadline_point;

  /// `actors` must outlive this. `core_manager_url` as in CORE_MANAGER_URL.
  health_probe(reactor& home, actor_env_ptr env, actor_lookup& actors,
               std::string_view core_manager_url);

  /// Whether the database answers and can be written.
  awaitable<bool> is_database_alive(deadline_point deadline);
  /// Why it was not, the last time: a few words that anybody may read, or empty.
  const std::string& database_trouble() const noexcept { return database_.trouble; }
  /// "connected", "disconnected" or "disabled".
  awaitable<std::string_view> redis_state(deadline_point deadline);
  /// Whether this server is about to stop: it still serves, but wants no new clients.
  bool is_stopping() const noexcept { return is_stopping_; }
  void begin_stopping() noexcept { is_stopping_ = true; }
  /// Whether CORE_MANAGER_URL accepts connections.
  tcp_prober& core_manager() noexcept { return core_manager_; }

private:
  /// The newest answer, and when it was asked for.
  struct last_answer {
    deadline_point asked{};
    bool is_alive = true;
    std::string trouble = {};
  };

  template <class Handle, class Question>
  awaitable<bool> is_alive(last_answer& last, const Handle& receiver, deadline_point deadline);

  actor_env_ptr env_;
  actor_lookup& actors_;
  last_answer database_;
  last_answer redis_;
  tcp_prober core_manager_;
  bool is_stopping_ = false;
};

} // namespace latchkey::gateway
