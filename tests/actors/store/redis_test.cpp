// The actor in front of Redis, without threads.
#include "actors/store/redis.hpp"

#include "tests/support/actor_fixture.hpp"
#include "tests/support/redis_server.hpp"

namespace latchkey::test {
namespace {

struct one_redis : actor_fixture {
  redis_server server;
  std::shared_ptr<shared_rate_limiter> limiter = std::make_shared<shared_rate_limiter>();
  redis_actor actor;

  one_redis() {
    actor =
        spawn(redis, server.address(), &clock, &counts, limiter, std::chrono::milliseconds{30'000});
    limiter->tell(actor);
  }
};

TEST(RedisActor, TellsWhetherRedisAnswersAndCountsItsConnection) {
  one_redis f;
  EXPECT_EQ(code_of(f.ask(f.actor, messages::ping_redis{f.clock.steady()})), error_code::timeout);
  EXPECT_TRUE(f.ask(f.actor, messages::ping_redis{f.soon()}));
  EXPECT_EQ(f.counts.redis_connections.value(), 1);
  f.server.stop();
  EXPECT_EQ(code_of(f.ask(f.actor, messages::ping_redis{f.soon()})), error_code::store_unavailable);
  EXPECT_EQ(f.counts.redis_connections.value(), 0);
  EXPECT_TRUE(f.limiter->is_degraded());
}

TEST(RedisActor, TakesNothingForWhoeverDoesNotWaitAnyMore) {
  one_redis f;
  EXPECT_EQ(code_of(f.ask(f.actor, messages::take_rate{"a", {1, 60}, f.clock.steady()})),
            error_code::timeout);
  const auto taken = f.ask(f.actor, messages::take_rate{"a", {1, 60}, f.soon()});
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->verdict.granted);
}

TEST(RedisActor, TellsRedisOfTheRightWindowAlone) {
  one_redis f;
  const rate_limit one{1, 60};
  messages::take_rate question{"a", one, f.soon(), true};
  const auto held = f.ask(f.actor, question);
  ASSERT_TRUE(held);
  f.limiter->give_back("a", held->verdict.reset + std::chrono::seconds{1});
  f.run();
  EXPECT_FALSE(f.ask(f.actor, question)->verdict.granted);
  f.limiter->give_back("a", held->verdict.reset);
  f.run();
  EXPECT_TRUE(f.ask(f.actor, question)->verdict.granted);
}

} // namespace
} // namespace latchkey::test
