// redis_url_test.cpp — what a Redis URL means.
#include "config/settings/redis_url.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(RedisUrl, SaysUserAndPasswordInPercents) {
  const auto read =
      parse_redis_url(secret(std::string_view("redis://b%6Fb:p%40s%2Fs%25w%3Ard@h:1/2")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "bob");
  EXPECT_EQ(read->password.reveal(), "p@s/s%w:rd");
  EXPECT_EQ(read->host, "h");
  EXPECT_EQ(read->port, 1);
  EXPECT_EQ(read->database, 2);
}

TEST(RedisUrl, IsRefusedForAPercentThatMeansNothing) {
  for (const auto* url : {"redis://u:hunt3r%@h", "redis://u:hunt3r%4@h", "redis://u:hunt3r%zz@h",
                          "redis://u%:hunt3r@h", "redis://u:hunt3r%00@h"}) {
    const auto read = parse_redis_url(secret(std::string_view(url)));
    ASSERT_FALSE(read) << url;
    EXPECT_EQ(read.error().reason.rfind("REDIS_URL ", 0), 0u) << read.error().reason;
    EXPECT_EQ(read.error().reason.find("hunt3r"), std::string::npos) << read.error().reason;
  }
}

} // namespace
} // namespace latchkey
