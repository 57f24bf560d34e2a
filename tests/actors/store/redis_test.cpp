// The connection to Redis: its address, and a real server that stops, freezes and returns.
#include "actors/store/redis.hpp"

#include "tests/support/actor_fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using storage::parse_redis_url;
using storage::redis_connection;

TEST(RedisUrl, RefusesWhatNamesNoServer) {
  for (const auto& url : {""s,
                          "localhost"s,
                          "http://localhost"s,
                          "rediss://localhost"s,
                          "redis://"s,
                          "redis://:6379"s,
                          "redis:///1"s,
                          "unix://"s,
                          "redis://user@host"s,
                          "redis://host:0"s,
                          "redis://host:65536"s,
                          "redis://host:x"s,
                          "redis://host:"s,
                          "redis://host:-1"s,
                          "redis://host/x"s,
                          "redis://host/-1"s,
                          "redis://host/1/2"s,
                          "redis://host/99999999999"s,
                          "redis://[]"s,
                          "redis://:p@"s}) {
    const auto parsed = parse_redis_url(secret{url});
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, error_code::validation_error) << url;
    EXPECT_EQ(parsed.error().field, "REDIS_URL") << url;
    EXPECT_FALSE(parsed.error().reason.empty()) << url;
  }
}

TEST(RedisUrl, NeverRepeatsThePassword) {
  const auto parsed = parse_redis_url(secret{"redis://user:hunter2@host:x"s});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason.find("hunter2"), std::string::npos);
}

TEST(RedisUrl, HasAllItsParts) {
  const auto full = parse_redis_url(secret{"redis://user:p@ss:w/rd@host.example:6380/2"s});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->host, "host.example");
  EXPECT_EQ(full->port, 6380);
  EXPECT_EQ(full->user, "user");
  EXPECT_EQ(full->password, secret{"p@ss:w/rd"s});
  EXPECT_EQ(full->database, 2);

  const auto least = parse_redis_url(secret{"redis://localhost"s});
  ASSERT_TRUE(least);
  EXPECT_EQ(least->host, "localhost");
  EXPECT_EQ(least->port, 6379);
  EXPECT_TRUE(least->password.empty());
  EXPECT_EQ(least->database, 0);

  EXPECT_EQ(parse_redis_url(secret{"redis://[::1]:7000/"s})->host, "::1");
  EXPECT_EQ(parse_redis_url(secret{"redis://[::1]:7000"s})->port, 7000);
  EXPECT_EQ(parse_redis_url(secret{"redis://[::1]"s})->port, 6379);
  EXPECT_EQ(parse_redis_url(secret{"redis://:secret@host"s})->password, secret{"secret"s});
  EXPECT_EQ(parse_redis_url(secret{"unix:///run/redis.sock"s})->socket_path, "/run/redis.sock");
}

/// A redis-server on a unix socket in a folder of its own; it dies with this process.
class redis_server {
public:
  redis_server() {
    std::signal(SIGPIPE, SIG_IGN); // as the program does: hiredis writes to what has closed
    auto pattern = (std::filesystem::temp_directory_path() / "latchkey-redis-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    start();
  }
  ~redis_server() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  void start() {
    const auto path = socket();
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path.c_str(), "--save",
             "", "--appendonly", "no", "--requirepass", "hunter2", "--logfile", "/dev/null",
             "--dir", folder_.c_str(), nullptr);
      _exit(127);
    }
    redis_connection probe{address()};
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!probe.ping() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  void signal(int number) const { kill(process_, number); }

  storage::redis_address address(const std::string& password = "hunter2") const {
    storage::redis_address out;
    out.socket_path = socket();
    out.password = secret{password};
    return out;
  }

private:
  std::string socket() const { return folder_ + "/redis.sock"; }

  std::string folder_;
  pid_t process_ = -1;
};

TEST(RedisConnection, SaysThatThereIsNoServer) {
  storage::redis_address nowhere;
  nowhere.socket_path = "/nonexistent/redis.sock";
  redis_connection connection{nowhere};
  EXPECT_EQ(code_of(connection.ping()), error_code::store_unavailable);
  EXPECT_FALSE(connection.connected());
}

TEST(RedisConnection, IsRefusedWithoutTheRightPassword) {
  const redis_server server;
  redis_connection wrong{server.address("wrong")};
  EXPECT_EQ(code_of(wrong.ping()), error_code::store_unavailable);
  redis_connection none{server.address("")};
  EXPECT_EQ(code_of(none.ping()), error_code::store_unavailable);
  EXPECT_FALSE(none.connected());
}

TEST(RedisConnection, PingsAndSelectsItsDatabase) {
  const redis_server server;
  auto address = server.address();
  address.database = 3;
  redis_connection connection{address};
  EXPECT_FALSE(connection.connected());
  EXPECT_TRUE(connection.ping());
  EXPECT_TRUE(connection.connected());
  address.database = 9999; // Redis has 16
  redis_connection beyond{address};
  EXPECT_EQ(code_of(beyond.ping()), error_code::store_unavailable);
}

TEST(RedisConnection, SignsInAsANamedUser) {
  const redis_server server;
  auto address = server.address();
  address.user = "default";
  redis_connection named{address};
  EXPECT_TRUE(named.ping());
  address.user = "nobody";
  redis_connection unknown{address};
  EXPECT_EQ(code_of(unknown.ping()), error_code::store_unavailable);
}

TEST(RedisConnection, HealsWhenTheServerComesBack) {
  redis_server server;
  redis_connection connection{server.address()};
  ASSERT_TRUE(connection.ping());
  server.stop();
  EXPECT_EQ(code_of(connection.ping()), error_code::store_unavailable);
  EXPECT_FALSE(connection.connected());
  server.start();
  EXPECT_TRUE(connection.ping());
  // And at once when it was gone between two pings.
  server.stop();
  server.start();
  EXPECT_TRUE(connection.ping());
}

TEST(RedisConnection, WaitsForAFrozenServerOnlySoLong) {
  const redis_server server;
  redis_connection connection{server.address()};
  ASSERT_TRUE(connection.ping());
  server.signal(SIGSTOP);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(connection.ping()), error_code::store_unavailable);
  const auto waited = std::chrono::steady_clock::now() - started;
  server.signal(SIGCONT);
  EXPECT_GE(waited, redis_connection::patience / 2);
  // Once for the old connection and once for a new one; the rest is a busy machine's.
  EXPECT_LE(waited, 2 * redis_connection::patience + 5s);
  EXPECT_TRUE(connection.ping());
}

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

TEST(RedisNamed, AnswersWhereTheEnvironmentSays) {
  const char* url = std::getenv("LATCHKEY_TEST_REDIS_URL");
  if (url == nullptr) GTEST_SKIP() << "LATCHKEY_TEST_REDIS_URL is not set";
  auto address = parse_redis_url(secret{std::string{url}});
  ASSERT_TRUE(address);
  redis_connection connection{*address};
  EXPECT_TRUE(connection.ping());
}

} // namespace
} // namespace latchkey::test
