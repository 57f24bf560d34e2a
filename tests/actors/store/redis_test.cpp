// The actor in front of Redis, without threads.
#include "actors/store/redis.hpp"

#include "tests/support/actor_fixture.hpp"
#include "tests/support/redis_server.hpp"

namespace latchkey::test {
namespace {

TEST(RedisActor, TellsWhetherRedisAnswersAndCountsItsConnection) {
  redis_server server;
  actor_fixture f;
  const auto actor = f.spawn(redis, server.address(), &f.clock, &f.counts);
  EXPECT_EQ(code_of(f.ask(actor, messages::ping_redis{f.clock.now()})), error_code::timeout);
  EXPECT_TRUE(f.ask(actor, messages::ping_redis{f.soon()}));
  EXPECT_EQ(f.counts.redis_connections.value(), 1);
  server.stop();
  EXPECT_EQ(code_of(f.ask(actor, messages::ping_redis{f.soon()})), error_code::store_unavailable);
  EXPECT_EQ(f.counts.redis_connections.value(), 0);
}

} // namespace
} // namespace latchkey::test
