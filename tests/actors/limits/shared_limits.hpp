// shared_limits.hpp — several nodes' rate limiters on one Redis of their own, by the real clock.
#pragma once

#include "actors/limits/shared_rate_limiter.hpp"

#include "actors/store/redis.hpp"
#include "tests/support/redis_server.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::test::shared_limits {

using namespace std::chrono_literals;

/// No machine is so busy that Redis takes as long for an answer.
inline constexpr auto long_patience = 60s;
/// A Redis that does not answer is given up after that.
inline constexpr auto short_patience = 300ms;

inline constexpr std::size_t node_count = 3;

/// The steady clock alone, so that windows end when they do in Redis.
class real_clock final : public clock_source {
public:
  time_point now() const noexcept override { return steady(); }
  time_point steady() const noexcept override {
    return time_point{std::chrono::duration_cast<time_point::duration>(
        std::chrono::steady_clock::now().time_since_epoch())};
  }
};

/// A node's limiter and its actor in front of Redis, on threads of their own.
class node {
public:
  explicit node(const redis_server& server, std::chrono::milliseconds wait_max = long_patience,
                std::size_t members = node_count)
      : system_(config_) {
    limiter->set_members(members);
    redis_ =
        system_.spawn<caf::detached>(redis, server.address(), &clock_, &counts_, limiter, wait_max);
    limiter->tell(redis_);
  }
  ~node() { end(); }
  /// As a server does that stops.
  void end() {
    if (!redis_) return;
    caf::scoped_actor self{system_};
    self->monitor(redis_);
    caf::anon_send_exit(redis_, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {});
    limiter->tell(redis_actor{});
    redis_ = redis_actor{};
  }

  std::shared_ptr<shared_rate_limiter> limiter = std::make_shared<shared_rate_limiter>();

  time_point now() const { return clock_.steady(); }

  rate_verdict take(const std::string& key, const rate_limit& limit) {
    const auto verdict = limiter->take(key, limit, now());
    return verdict.is_undecided ? ask(key, limit, false) : verdict;
  }
  rate_verdict hold(const std::string& key, const rate_limit& limit, bool waits = false) {
    const auto verdict = limiter->hold(key, limit, now());
    return verdict.is_undecided ? ask(key, limit, true, waits) : verdict;
  }
  /// All at once, as far as one thread can: how many were granted. `on_asked` is called when all
  /// questions are sent and no answer was awaited.
  std::uint32_t take_many(
      const std::string& key, const rate_limit& limit, int count,
      const std::function<void()>& on_asked = [] {}) {
    caf::scoped_actor self{system_};
    std::uint32_t granted = 0;
    int asked = 0;
    for (int i = 0; i < count; ++i) {
      const auto verdict = limiter->take(key, limit, now());
      if (!verdict.is_undecided)
        granted += verdict.granted;
      else
        ++asked, send(self, question(key, limit, false, false));
    }
    on_asked();
    for (int i = 0; i < asked; ++i)
      granted += receive(self).granted;
    return granted;
  }
  /// Until Redis has answered, or has not, a ping.
  bool is_answered() {
    caf::scoped_actor self{system_};
    bool answered = false;
    self->request(redis_, caf::infinite, messages::ping_redis{now() + long_patience})
        .receive([&](messages::done&) { answered = true; }, [](caf::error&) {});
    return answered;
  }

private:
  messages::take_rate question(const std::string& key, const rate_limit& limit, bool holds,
                               bool waits) const {
    messages::take_rate out;
    out.key = key;
    out.limit = limit;
    out.deadline = now() + long_patience;
    out.holds = holds;
    out.waits_for_held = waits;
    return out;
  }
  void send(caf::scoped_actor& self, messages::take_rate message) {
    self->send(redis_, std::move(message));
  }
  static rate_verdict receive(caf::scoped_actor& self) {
    rate_verdict verdict;
    self->receive([&](messages::rate_taken& taken) { verdict = taken.verdict; });
    return verdict;
  }
  rate_verdict ask(const std::string& key, const rate_limit& limit, bool holds,
                   bool waits = false) {
    caf::scoped_actor self{system_};
    rate_verdict verdict;
    self->request(redis_, caf::infinite, question(key, limit, holds, waits))
        .receive([&](messages::rate_taken& taken) { verdict = taken.verdict; },
                 [](caf::error& error) { ADD_FAILURE() << to_failure(error).reason; });
    EXPECT_FALSE(verdict.is_undecided);
    return verdict;
  }

  real_clock clock_;
  metrics counts_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  redis_actor redis_;
};

struct nodes {
  redis_server server;
  std::vector<std::unique_ptr<node>> all;

  explicit nodes(std::chrono::milliseconds wait_max = long_patience) {
    for (std::size_t i = 0; i < node_count; ++i)
      all.push_back(std::make_unique<node>(server, wait_max));
  }
  node& operator[](std::size_t i) { return *all[i]; }

  /// `count` takes at every node, on two threads each: how many were granted.
  std::uint32_t take_everywhere(const std::string& key, const rate_limit& limit, int count) {
    std::vector<std::uint32_t> granted(2 * all.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < granted.size(); ++i)
      threads.emplace_back([&, i] { granted[i] = all[i / 2]->take_many(key, limit, count / 2); });
    for (auto& thread : threads)
      thread.join();
    return std::accumulate(granted.begin(), granted.end(), 0u);
  }
};

inline bool comes_true(const std::function<bool()>& fact) {
  const auto until = std::chrono::steady_clock::now() + long_patience;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

/// How often Redis has been asked for some of a window.
inline long scripts_run(const redis_server& server) {
  const auto stats = server.command({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_evalsha:calls=";
  const auto at = stats.find(name);
  return at == std::string::npos ? 0 : std::stol(stats.substr(at + name.size()));
}

} // namespace latchkey::test::shared_limits
