// redis_url_test.cpp — what a Redis URL means.
#include "config/settings/redis_url.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

redis_address read(const std::string& url) {
  const auto parsed = parse_redis_url(secret{url});
  EXPECT_TRUE(parsed) << url << ": " << (parsed ? "" : parsed.error().reason);
  return parsed ? *parsed : redis_address{};
}

using hosts = std::vector<redis_host>;

TEST(RedisUrl, RefusesWhatNamesNoServer) {
  for (const std::string url : {"",
                                "localhost",
                                "http://localhost",
                                "redis:localhost",
                                "REDIS://localhost",
                                "redis://",
                                "redis://:6379",
                                "redis:///1",
                                "unix://",
                                "unix://relative",
                                "redis://user@host",
                                "redis://host:0",
                                "redis://host:65536",
                                "redis://host:x",
                                "redis://host:",
                                "redis://host:-1",
                                "redis://host/x",
                                "redis://host/-1",
                                "redis://host/1/2",
                                "redis://host/99999999999",
                                "redis://[]",
                                "redis://:p@",
                                "redis://a,",
                                "redis://,a",
                                "redis://a,,b",
                                "redis://a, b",
                                "redis://a:1,b:x",
                                "redis+sentinel://a",
                                "redis+sentinel://a/",
                                "redis+sentinel://a/my master",
                                "redis+sentinel://a/mymaster/x",
                                "redis+sentinel:///mymaster",
                                "redis://a?ca=/a.pem",
                                "rediss://a?ca=a.pem",
                                "rediss://a?ca",
                                "rediss://a?ca=/a.pem&ca=/b.pem",
                                "rediss://a?cert=/a.pem",
                                "rediss://a?key=/a.pem",
                                "rediss://a?db=1"}) {
    const auto parsed = parse_redis_url(secret{url});
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, error_code::validation_error) << url;
    EXPECT_EQ(parsed.error().field, "REDIS_URL") << url;
    EXPECT_EQ(parsed.error().reason.rfind("REDIS_URL ", 0), 0u) << parsed.error().reason;
  }
}

TEST(RedisUrl, HasAllItsParts) {
  const auto full = read("redis://user:p@ss:w/rd@host.example:6380/2");
  EXPECT_EQ(full.hosts, (hosts{{"host.example", 6380}}));
  EXPECT_EQ(full.user, "user");
  EXPECT_EQ(full.password.reveal(), "p@ss:w/rd");
  EXPECT_EQ(full.database, 2);
  EXPECT_FALSE(full.uses_tls);

  const auto least = read("redis://localhost");
  EXPECT_EQ(least.hosts, (hosts{{"localhost", 6379}}));
  EXPECT_TRUE(least.password.empty());
  EXPECT_EQ(least.database, 0);

  EXPECT_EQ(read("redis://[::1]:7000/").hosts, (hosts{{"::1", 7000}}));
  EXPECT_EQ(read("redis://[::1]").hosts, (hosts{{"::1", 6379}}));
  EXPECT_EQ(read("redis://:secret@host").password.reveal(), "secret");
  EXPECT_EQ(read("unix:///run/redis.sock").socket_path, "/run/redis.sock");
}

TEST(RedisUrl, MayNameSeveralHosts) {
  const auto list = read("redis://:secret@one:7000,two,[::1]:7001/3");
  EXPECT_EQ(list.hosts, (hosts{{"one", 7000}, {"two", 6379}, {"::1", 7001}}));
  EXPECT_EQ(list.database, 3);
  EXPECT_TRUE(list.master_name.empty());
}

TEST(RedisUrl, MayNameSentinelsAndTheirMaster) {
  const auto sentinels = read("redis+sentinel://user:secret@one,two:7000/my-master.1/4");
  EXPECT_EQ(sentinels.hosts, (hosts{{"one", 26379}, {"two", 7000}}));
  EXPECT_EQ(sentinels.master_name, "my-master.1");
  EXPECT_EQ(sentinels.database, 4);
  EXPECT_EQ(sentinels.user, "user");
  EXPECT_EQ(read("redis+sentinel://one/mymaster").database, 0);
  EXPECT_TRUE(read("rediss+sentinel://one/mymaster").uses_tls);
}

TEST(RedisUrl, MayAskForTls) {
  const auto plain = read("rediss://host/1");
  EXPECT_TRUE(plain.uses_tls);
  EXPECT_EQ(plain.hosts, (hosts{{"host", 6379}}));
  EXPECT_TRUE(plain.tls_authority.empty());
  const auto full = read("rediss://h?ca=/a%20b.pem&cert=/c.pem&key=/k.pem");
  EXPECT_EQ(full.tls_authority, "/a b.pem");
  EXPECT_EQ(full.tls_chain, "/c.pem");
  EXPECT_EQ(full.tls_key, "/k.pem");
}

TEST(RedisUrl, SaysUserAndPasswordInPercents) {
  const auto shown = read("redis://b%6Fb:p%40s%2Fs%25w%3Ard@h:1/2");
  EXPECT_EQ(shown.user, "bob");
  EXPECT_EQ(shown.password.reveal(), "p@s/s%w:rd");
  EXPECT_EQ(shown.hosts, (hosts{{"h", 1}}));
  EXPECT_EQ(shown.database, 2);
}

TEST(RedisUrl, RepeatsNothingOfItselfInItsErrors) {
  for (const std::string url :
       {"redis://u:hunt3r%@h", "redis://u:hunt3r%4@h", "redis://u:hunt3r%zz@h",
        "redis://u%:hunt3r@h", "redis://u:hunt3r%00@h", "redis://user:hunt3r@host:x",
        "redis://user:hunt3r@host,/1", "redis+sentinel://:hunt3r@h", "rediss://:hunt3r@h?ca=x",
        "rediss://h?hunt3r=1", "hunt3r://h"}) {
    const auto refused = parse_redis_url(secret{url});
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().reason.rfind("REDIS_URL ", 0), 0u) << refused.error().reason;
    EXPECT_EQ(refused.error().reason.find("hunt3r"), std::string::npos) << refused.error().reason;
  }
}

} // namespace
} // namespace latchkey
