// Windows of several nodes on one Redis: exact together, whole again when somebody gives back, and
// each node's own while Redis is away.
#include "actors/limits/shared_rate_limiter.hpp"

#include "actors/store/redis.hpp"
#include "tests/support/redis_server.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// No machine is so busy that Redis takes as long for an answer.
constexpr auto long_patience = 60s;
/// A Redis that does not answer is given up after that.
constexpr auto short_patience = 300ms;

constexpr std::size_t node_count = 3;

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
  /// All at once, as far as one thread can: how many were granted.
  std::uint32_t take_many(const std::string& key, const rate_limit& limit, int count) {
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

bool comes_true(const std::function<bool()>& fact) {
  const auto until = std::chrono::steady_clock::now() + long_patience;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

/// How often Redis has been asked for some of a window.
long scripts_run(const redis_server& server) {
  const auto stats = server.command({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_evalsha:calls=";
  const auto at = stats.find(name);
  return at == std::string::npos ? 0 : std::stol(stats.substr(at + name.size()));
}

// -- exact -------------------------------------------------------------------------------------

class SharedLimit : public testing::TestWithParam<std::uint32_t> {};

TEST_P(SharedLimit, IsExactOverThreeNodesThatAskTenTimesAsOften) {
  nodes three;
  const rate_limit limit{GetParam(), 600};
  const auto tries = static_cast<int>(10 * limit.count / node_count + 2);
  EXPECT_EQ(three.take_everywhere("shared", limit, tries), limit.count);
  for (std::size_t i = 0; i < node_count; ++i) {
    EXPECT_FALSE(three[i].take("shared", limit).granted);
    EXPECT_FALSE(three[i].limiter->is_degraded());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, SharedLimit, testing::Values(1u, 2u, 7u, 10u, 100u, 1000u, 5000u));

TEST(SharedRateLimiter, IsExactWhenTheNodesComeOneAfterTheOther) {
  nodes three;
  const rate_limit limit{1000, 600};
  // The first leaves a lease behind of which the others have to be given what is left.
  EXPECT_EQ(three[0].take_many("shared", limit, 10), 10u);
  const auto rest =
      three[1].take_many("shared", limit, 600) + three[2].take_many("shared", limit, 600);
  EXPECT_EQ(rest, 990u);
}

TEST(SharedRateLimiter, RefusesNobodyWhileAnotherNodeSitsOnTheRest) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  for (int i = 0; i < 23; ++i)
    EXPECT_TRUE(three[1].take("shared", limit).granted) << i;
  EXPECT_FALSE(three[1].take("shared", limit).granted);
  EXPECT_FALSE(three[0].take("shared", limit).granted);
}

TEST(SharedRateLimiter, HasNothingToGiveBackOfWhatIsSpent) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_EQ(three[1].take_many("shared", limit, 40), 22u);
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_FALSE(three[i].limiter->is_degraded());
}

TEST(SharedRateLimiter, CountsDownAsOneNodeAloneDoes) {
  const redis_server server;
  node alone{server, long_patience, 1};
  const rate_limit limit{40, 600};
  time_point reset{};
  for (std::uint32_t left = limit.count; left > 0; --left) {
    const auto verdict = alone.take("a", limit);
    EXPECT_TRUE(verdict.granted) << left;
    EXPECT_EQ(verdict.limit, limit.count);
    EXPECT_EQ(verdict.remaining, left - 1);
    if (reset == time_point{}) reset = verdict.reset;
    EXPECT_EQ(verdict.reset, reset);
  }
  EXPECT_GT(reset, alone.now() + 500s);
  EXPECT_LE(reset, alone.now() + 600s);
  const auto refused = alone.take("a", limit);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.remaining, 0u);
  EXPECT_EQ(refused.reset, reset);
  EXPECT_EQ(alone.take("b", limit).remaining, 39u);
}

TEST(SharedRateLimiter, AsksSeldomWhileMuchIsLeft) {
  nodes three;
  const rate_limit limit{12'000, 600};
  const auto before = scripts_run(three.server);
  for (int i = 0; i < 600; ++i)
    EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_LT(scripts_run(three.server) - before, 60);
}

TEST(SharedRateLimiter, AsksOnceForAllWhoWaitMeanwhile) {
  nodes three;
  three[0].take("other", {1, 600}); // the connection and the script are there
  const auto before = scripts_run(three.server);
  three.server.signal(SIGSTOP);
  std::uint32_t granted = 0;
  std::thread asking{[&] { granted = three[0].take_many("shared", {5, 600}, 200); }};
  std::this_thread::sleep_for(50ms);
  three.server.signal(SIGCONT);
  asking.join();
  EXPECT_EQ(granted, 5u);
  EXPECT_LT(scripts_run(three.server) - before, 50);
}

TEST(SharedRateLimiter, BeginsAnewWhenTheWindowIsOver) {
  nodes three;
  const rate_limit limit{12, 1};
  EXPECT_EQ(three.take_everywhere("shared", limit, 40), limit.count);
  ASSERT_TRUE(comes_true([&] { return three[1].take("shared", limit).granted; }));
}

TEST(SharedRateLimiter, EndsAWindowAtTheSameTimeEverywhere) {
  nodes three;
  const rate_limit limit{1000, 600};
  const auto first = three[0].take("shared", limit).reset;
  const auto second = three[1].take("shared", limit).reset;
  EXPECT_LE(second, first + 1s);
  EXPECT_GE(second, first - 30s) << "more than a busy machine's delay";
}

TEST(SharedRateLimiter, LooksWithoutTaking) {
  nodes three;
  const rate_limit limit{3, 600};
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(three[0].limiter->look("shared", limit, three[0].now()).granted);
  EXPECT_EQ(three[0].take_many("shared", limit, 10), 3u);
  const auto spent = three[0].limiter->look("shared", limit, three[0].now());
  EXPECT_FALSE(spent.granted);
  EXPECT_EQ(spent.remaining, 0u);
}

TEST(SharedRateLimiter, AppliesALimitThatHasChanged) {
  nodes three;
  EXPECT_EQ(three[0].take_many("shared", {3, 600}, 10), 3u);
  EXPECT_EQ(three[1].take_many("shared", {5, 600}, 10), 2u);
  EXPECT_EQ(three[0].take_many("shared", {6, 600}, 10), 1u);
}

TEST(SharedRateLimiter, GivesBackWhatItWasLentWhenItEnds) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  three[0].end();
  EXPECT_EQ(three[1].take_many("shared", limit, 30), 23u);
}

TEST(SharedRateLimiter, GivesBackWhatNobodyHasSpentForLong) {
  nodes three;
  const rate_limit limit{1200, 600};
  three[0].take("shared", limit);
  const auto used = [&] {
    return three.server.command({"HGET", "latchkey:rate:shared", "used"}).text;
  };
  EXPECT_EQ(used(), "100"); // one, and a twelfth of the others
  EXPECT_TRUE(comes_true([&] { return used() == "1"; }));
}

TEST(SharedRateLimiter, TakesWhatAFrozenNodeWasLentForSpent) {
  const redis_server server;
  storage::redis_rate_windows frozen{server.address(), long_patience};
  const auto lent = frozen.run({}, {storage::rate_question{"shared", 24, 600, 1, 12, 0, 0, false}});
  ASSERT_TRUE(lent);
  EXPECT_EQ(lent->front().leased, 1u);
  node other{server};
  EXPECT_EQ(other.take_many("shared", {24, 600}, 40), 22u);
}

// -- held --------------------------------------------------------------------------------------

TEST(SharedRateLimiter, HoldsAreExactOverAllNodes) {
  nodes three;
  const rate_limit limit{3, 600};
  std::vector<rate_verdict> held;
  for (std::size_t i = 0; i < 3; ++i)
    held.push_back(three[i].hold("login", limit));
  for (const auto& verdict : held)
    EXPECT_TRUE(verdict.granted);
  const auto refused = three[0].hold("login", limit);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.held, 3u) << "which may be given back";

  three[1].limiter->give_back("login", held[1].reset);
  EXPECT_TRUE(comes_true([&] { return three[2].hold("login", limit).granted; }));
  three[0].limiter->keep("login", held[0].reset);
  three[0].limiter->keep("login", held[0].reset);
  three[2].limiter->keep("login", held[2].reset);
  EXPECT_TRUE(comes_true([&] { return three[1].hold("login", limit).held == 0; }));
  EXPECT_FALSE(three[1].hold("login", limit).granted);
}

TEST(SharedRateLimiter, WaitsForWhatAnotherNodeHolds) {
  nodes three;
  const rate_limit limit{1, 600};
  const auto held = three[0].hold("login", limit);
  ASSERT_TRUE(held.granted);
  rate_verdict waited;
  const auto before = scripts_run(three.server);
  std::thread waiting{[&] { waited = three[1].hold("login", limit, true); }};
  EXPECT_TRUE(comes_true([&] { return scripts_run(three.server) > before; })) << "it has asked";
  three[0].limiter->give_back("login", held.reset);
  waiting.join();
  EXPECT_TRUE(waited.granted);
}

TEST(SharedRateLimiter, WaitsForNothingThatIsHeldForEver) {
  nodes three;
  const rate_limit limit{1, 600};
  ASSERT_TRUE(three[0].hold("login", limit).granted);
  const auto refused = three[1].hold("login", limit, true);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.held, 1u);
}

TEST(SharedRateLimiter, ForgetsEverywhereAllButWhatIsHeld) {
  nodes three;
  const rate_limit limit{3, 600};
  EXPECT_TRUE(three[0].take("login", limit).granted);
  EXPECT_TRUE(three[1].take("login", limit).granted);
  const auto held = three[2].hold("login", limit);
  EXPECT_TRUE(held.granted);
  three[0].limiter->forget("login");
  // What it tells goes first.
  EXPECT_TRUE(three[0].hold("login", limit).granted);
  EXPECT_TRUE(three[1].hold("login", limit).granted);
  EXPECT_FALSE(three[1].hold("login", limit).granted);
  three[2].limiter->keep("login", held.reset);
  EXPECT_TRUE(comes_true([&] { return three[2].hold("login", limit).held == 2; }));
}

// -- without Redis -----------------------------------------------------------------------------

TEST(SharedRateLimiter, GrantsItsPartWhileRedisIsAway) {
  nodes three;
  const rate_limit limit{9, 600};
  three.server.stop();
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_EQ(three[i].take_many("shared", limit, 20), 3u);
  EXPECT_TRUE(three[0].limiter->is_degraded());
  EXPECT_EQ(three[0].take_many("narrow", {2, 600}, 20), 1u) << "one at least";
  // And from now on without a question.
  EXPECT_FALSE(three[0].limiter->take("shared", limit, three[0].now()).is_undecided);
  EXPECT_FALSE(three[0].limiter->hold("login", limit, three[0].now()).is_undecided);
}

TEST(SharedRateLimiter, CountsWhatItHasGrantedBeforeRedisWasAway) {
  const redis_server server;
  node alone{server, long_patience, 1};
  const rate_limit limit{10, 600};
  EXPECT_EQ(alone.take_many("shared", limit, 7), 7u);
  const_cast<redis_server&>(server).stop();
  EXPECT_EQ(alone.take_many("shared", limit, 7), 3u);
}

TEST(SharedRateLimiter, HealsByItselfAndTellsWhatItHasGrantedMeanwhile) {
  nodes three;
  const rate_limit limit{9, 600};
  three.server.stop();
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_EQ(three[i].take_many("shared", limit, 2), 2u);
  three.server.start();
  for (std::size_t i = 0; i < node_count; ++i)
    ASSERT_TRUE(comes_true([&] { return !three[i].limiter->is_degraded(); }));
  std::uint32_t granted = 0;
  for (std::size_t i = 0; i < node_count; ++i)
    granted += three[i].take("shared", limit).granted;
  EXPECT_EQ(granted, 3u) << "each node tells what it owes with its first question";
  EXPECT_EQ(three.take_everywhere("shared", limit, 30), 0u);
}

TEST(SharedRateLimiter, DelaysNobodyTwiceWhileRedisIsFrozen) {
  nodes three{short_patience};
  const rate_limit limit{9, 600};
  for (std::size_t i = 0; i < node_count; ++i)
    ASSERT_TRUE(comes_true([&] { return three[i].is_answered(); }));
  three.server.signal(SIGSTOP);
  EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_TRUE(three[0].limiter->is_degraded());
  EXPECT_FALSE(three[0].limiter->take("other", limit, three[0].now()).is_undecided);
  three.server.signal(SIGCONT);
  EXPECT_TRUE(comes_true([&] { return !three[0].limiter->is_degraded(); }));
}

TEST(SharedRateLimiter, BeginsAnewInARedisThatWasEmptied) {
  nodes three;
  const rate_limit limit{6, 600};
  EXPECT_EQ(three.take_everywhere("shared", limit, 30), 6u);
  three.server.command({"FLUSHALL"});
  three.server.command({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(three[0].take("other", limit).granted) << "it knows no script any more";
  EXPECT_FALSE(three[0].limiter->is_degraded());
  EXPECT_TRUE(comes_true([&] { return three[1].take("shared", limit).granted; }));
}

TEST(SharedRateLimiter, GivesBackWhatItHeldWhileRedisWasAway) {
  nodes three;
  const rate_limit limit{3, 600};
  three.server.stop();
  const auto held = three[0].hold("login", limit);
  ASSERT_TRUE(held.granted);
  EXPECT_FALSE(three[0].hold("login", limit).granted);
  three[0].limiter->give_back("login", held.reset);
  EXPECT_TRUE(three[0].hold("login", limit).granted);
}

} // namespace
} // namespace latchkey::test
