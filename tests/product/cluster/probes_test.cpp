// What a node tells load balancers and supervisors while PostgreSQL is away.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/support/postgres_server.hpp"

namespace latchkey::test {
namespace {

TEST(ClusterProbes, ANodeIsReadyAsLongAsItHasTheDatabaseOrItsMemoryAndLivesWithoutBoth) {
  postgres_server database;
  auto store = test_store::on(database.make_database());
  auto settings = store.settings({{"CLUSTER_BIND", "127.0.0.1:0"},
                                  {"CLUSTER_SECRET", cluster_secret},
                                  {"CLUSTER_WITHOUT_STORE", "10s"},
                                  {"ISSUER", "https://auth.example.com"}});
  product node{std::move(store), settings};
  const auto status_of = [&](const char* path) { return node.call_internal(get(path)).status; };
  EXPECT_EQ(status_of("/internal/ready"), 200);
  database.stop_immediately();
  ASSERT_TRUE(eventually([&] { return status_of("/internal/health") == 503; }));
  EXPECT_EQ(status_of("/internal/ready"), 200) << "from memory, for ten seconds";
  ASSERT_TRUE(eventually([&] { return status_of("/internal/ready") == 503; }));
  EXPECT_EQ(status_of("/internal/live"), 200) << "to start it again would help nobody";
  database.start();
  ASSERT_TRUE(eventually([&] { return status_of("/internal/ready") == 200; }));
  EXPECT_EQ(node.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test
