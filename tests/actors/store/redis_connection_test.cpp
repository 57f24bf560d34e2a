// The connection to Redis: real servers that stop, freeze, return, and change their roles.
#include "storage/redis/connection.hpp"

#include "tests/config/temporary_folder.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/redis_server.hpp"

#include <csignal>
#include <cstdlib>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using storage::parse_redis_url;
using storage::redis_address;
using storage::redis_connection;
using storage::redis_reply;

/// No machine is so busy that Redis takes as long for an answer.
constexpr auto long_patience = 30s;

redis_address parsed(const std::string& url) {
  auto address = parse_redis_url(secret{url});
  EXPECT_TRUE(address) << url;
  return address ? *address : redis_address{};
}

std::string on_loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// What the server says that the connection has set there, by a connection of its own.
std::string value_at(const redis_server& server, const std::string& key) {
  return server.command({"GET", key}).text;
}

bool sets(redis_connection& connection, const std::string& key) {
  const storage::redis_command command{"SET", key, "set"};
  return connection.run({&command, 1}).has_value();
}

TEST(RedisConnection, SaysThatThereIsNoServer) {
  redis_connection connection{parsed("unix:///nonexistent/redis.sock")};
  EXPECT_EQ(code_of(connection.ping()), error_code::store_unavailable);
  EXPECT_FALSE(connection.connected());
}

TEST(RedisConnection, IsRefusedWithoutTheRightPassword) {
  const redis_server server{{.password = "hunter2"}};
  for (const auto* password : {"wrong", ""}) {
    auto address = server.address();
    address.password = secret{std::string_view{password}};
    redis_connection refused{address};
    const auto outcome = refused.ping();
    ASSERT_FALSE(outcome) << password;
    EXPECT_EQ(outcome.error().code, error_code::store_unavailable);
    EXPECT_EQ(outcome.error().reason.find("hunter2"), std::string::npos);
    EXPECT_FALSE(refused.connected());
  }
  redis_connection right{server.address()};
  EXPECT_TRUE(right.ping());
}

TEST(RedisConnection, SelectsItsDatabase) {
  const redis_server server;
  auto address = server.address();
  address.database = 3;
  redis_connection connection{address};
  EXPECT_FALSE(connection.connected());
  EXPECT_TRUE(sets(connection, "there"));
  EXPECT_TRUE(connection.connected());
  EXPECT_EQ(value_at(server, "there"), "") << "it is in another one";
  address.database = 9999; // Redis has 16
  redis_connection beyond{address};
  EXPECT_EQ(code_of(beyond.ping()), error_code::store_unavailable);
}

TEST(RedisConnection, SignsInAsANamedUser) {
  const redis_server server{{.password = "hunter2"}};
  auto address = server.address();
  address.user = "default";
  redis_connection named{address};
  EXPECT_TRUE(named.ping());
  address.user = "nobody";
  redis_connection unknown{address};
  EXPECT_EQ(code_of(unknown.ping()), error_code::store_unavailable);
}

TEST(RedisConnection, AnswersEachOfManyCommandsInOrder) {
  const redis_server server;
  redis_connection connection{server.address(), long_patience};
  std::vector<storage::redis_command> commands;
  const std::string large(100'000, 'x');
  for (int i = 0; i < 100; ++i)
    commands.push_back({"ECHO", large + std::to_string(i)});
  commands.push_back({"INCRBY", "number", "41"});
  commands.push_back({"GET", "nothing"});
  const auto replies = connection.run(commands);
  ASSERT_TRUE(replies);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ((*replies)[i].text, commands[i][1]) << i;
  EXPECT_EQ((*replies)[100].number, 41);
  EXPECT_EQ((*replies)[101].type, redis_reply::kind::nothing);
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
  redis_connection connection{server.address(), 200ms};
  ASSERT_TRUE(connection.ping());
  server.signal(SIGSTOP);
  EXPECT_EQ(code_of(connection.ping()), error_code::store_unavailable);
  EXPECT_FALSE(connection.connected()) << "what comes late would answer something else";
  server.signal(SIGCONT);
  const auto until = std::chrono::steady_clock::now() + long_patience;
  while (!connection.ping() && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_TRUE(connection.connected());
}

TEST(RedisConnection, SpeaksTlsToAServerThatIsTrusted) {
  const temporary_folder files;
  const auto paths = write_certificate(files / ".");
  const auto port = free_loopback_port();
  const redis_server server{
      {.words = {"--tls-port", std::to_string(port), "--tls-cert-file", paths.at("TLS_CERT"),
                 "--tls-key-file", paths.at("TLS_KEY"), "--tls-ca-cert-file", paths.at("TLS_CERT"),
                 "--tls-auth-clients", "no"}}};
  const auto where = on_loopback(port) + "/0";
  const auto authority = "?ca=" + paths.at("TLS_CERT");
  redis_connection trusted{parsed("rediss://" + where + authority), long_patience};
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(sets(trusted, "by_tls"));
  EXPECT_EQ(value_at(server, "by_tls"), "set");
  redis_connection by_name{parsed("rediss://localhost:" + std::to_string(port) + "/0" + authority),
                           long_patience};
  EXPECT_TRUE(by_name.ping());

  redis_connection stranger{parsed("rediss://" + where)};
  const auto refused = stranger.ping();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "Redis shows a certificate that is not trusted");
  redis_connection plain{parsed("redis://" + where)};
  EXPECT_FALSE(plain.ping());
}

TEST(RedisConnection, ShowsACertificateOfItsOwnWhereThatIsAskedFor) {
  const temporary_folder files;
  const auto paths = write_certificate(files / ".");
  const auto port = free_loopback_port();
  const redis_server server{{.words = {"--tls-port", std::to_string(port), "--tls-cert-file",
                                       paths.at("TLS_CERT"), "--tls-key-file", paths.at("TLS_KEY"),
                                       "--tls-ca-cert-file", paths.at("TLS_CERT")}}};
  const auto url = "rediss://" + on_loopback(port) + "?ca=" + paths.at("TLS_CERT");
  redis_connection without{parsed(url), 5s};
  EXPECT_FALSE(without.ping());
  redis_connection with{
      parsed(url + "&cert=" + paths.at("TLS_CERT") + "&key=" + paths.at("TLS_KEY")), long_patience};
  EXPECT_TRUE(with.ping());
}

TEST(RedisConnection, SaysWhichFileOfTlsCannotBeUsed) {
  redis_connection connection{parsed("rediss://127.0.0.1?ca=/nonexistent.pem")};
  const auto refused = connection.ping();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("authority (ca)"), std::string::npos);
}

/// Two servers, of which one follows the other.
struct master_and_replica {
  std::uint16_t port_of_replica = free_loopback_port();
  redis_server replica{{.port = port_of_replica}};
  std::uint16_t port_of_master = free_loopback_port();
  redis_server master{{.port = port_of_master}};

  master_and_replica() {
    replica.command({"REPLICAOF", "127.0.0.1", std::to_string(port_of_master)});
  }
  std::string hosts() const {
    return on_loopback(port_of_replica) + ',' + on_loopback(port_of_master);
  }
};

TEST(RedisConnection, UsesTheFirstHostOfItsListThatIsMaster) {
  master_and_replica both;
  const auto nobody = on_loopback(free_loopback_port());
  redis_connection connection{parsed("redis://" + nobody + ',' + both.hosts() + "/0"),
                              long_patience};
  ASSERT_TRUE(sets(connection, "before"));
  EXPECT_EQ(value_at(both.master, "before"), "set");

  both.master.stop();
  EXPECT_FALSE(connection.ping()) << "the replica is none yet";
  both.replica.command({"REPLICAOF", "NO", "ONE"});
  ASSERT_TRUE(sets(connection, "after"));
  EXPECT_EQ(value_at(both.replica, "after"), "set");
}

TEST(RedisConnection, LeavesAMasterThatHasBecomeAReplica) {
  master_and_replica both;
  redis_connection connection{parsed("redis://" + both.hosts()), long_patience};
  ASSERT_TRUE(sets(connection, "before"));
  both.replica.command({"REPLICAOF", "NO", "ONE"});
  both.master.command({"REPLICAOF", "127.0.0.1", std::to_string(both.port_of_replica)});
  EXPECT_FALSE(sets(connection, "refused"));
  ASSERT_TRUE(sets(connection, "after"));
  EXPECT_EQ(value_at(both.replica, "after"), "set");
}

TEST(RedisConnection, AsksSentinelsWhereTheMasterIs) {
  const auto port = free_loopback_port();
  const redis_server master{{.password = "hunter2", .port = port}};
  const auto sentinel_port = free_loopback_port();
  const redis_server sentinel{
      {.port = sentinel_port,
       .words = {"sentinel monitor mymaster 127.0.0.1 " + std::to_string(port) + " 1",
                 "sentinel auth-pass mymaster hunter2"},
       .is_sentinel = true}};
  const auto url = [&](const std::string& name) {
    return "redis+sentinel://:hunter2@" + on_loopback(free_loopback_port()) + ',' +
           on_loopback(sentinel_port) + '/' + name;
  };
  redis_connection connection{parsed(url("mymaster/2")), long_patience};
  ASSERT_TRUE(sets(connection, "by_sentinel"));
  EXPECT_EQ(master.command({"SELECT", "2"}).text, "OK");
  EXPECT_EQ(value_at(master, "by_sentinel"), "") << "it is in database 2";
  redis_connection unknown{parsed(url("other"))};
  const auto refused = unknown.ping();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "no Sentinel names a master of Redis");
}

TEST(RedisNamed, AnswersWhereTheEnvironmentSays) {
  const char* url = std::getenv("LATCHKEY_TEST_REDIS_URL");
  if (url == nullptr) GTEST_SKIP() << "LATCHKEY_TEST_REDIS_URL is not set";
  redis_connection connection{parsed(url)};
  EXPECT_TRUE(connection.ping());
}

} // namespace
} // namespace latchkey::test
