// A cluster is upgraded node by node: the nodes of the version before go on while the schema is the
// next version's already, and start on it too, as long as it says that it works from theirs.
#include "tests/product/cluster/few_servers.hpp"

namespace latchkey::test {
namespace {

class ClusterVersions : public testing::Test {
protected:
  /// As the next version does when its first node starts: it adds something, and says from which
  /// version on programs work with it.
  void migrate_to_next(bool works_with_ours) {
    const auto ours = nodes_[0].store.count("SELECT max(version) FROM schema_migrations");
    const auto next = std::to_string(ours + 1);
    const auto works_from = std::to_string(works_with_ours ? ours : ours + 1);
    execute("ALTER TABLE sessions ADD COLUMN of_the_next_version VARCHAR(36)");
    execute("ALTER TABLE workflows ADD COLUMN of_the_next_version BIGINT NOT NULL DEFAULT 0");
    execute("UPDATE store_notes SET value = '" + next + " " + works_from +
            "' WHERE name = 'schema_works_from'");
    execute("INSERT INTO schema_migrations (version, name, applied_at) VALUES (" + next +
            ", '9999_of_the_next_version', now())");
  }
  void execute(const std::string& sql) { nodes_[0].store.query(sql); }

  /// What one node has made, the other takes.
  void expect_one_cluster() {
    const auto user = nodes_[0].sign_in_new_user();
    EXPECT_EQ(nodes_[1].status_of_me(user.access), 200);
    const auto next = tokens_of(nodes_[1].call(post("/auth/token/refresh").cookie(user.refresh)));
    EXPECT_EQ(nodes_[0].status_of_me(next.access), 200);
    EXPECT_EQ(nodes_[0].call(post("/auth/logout").as(next.access)).status, 200);
    EXPECT_EQ(nodes_[1].status_of_me(next.access), 401);
  }

  few_servers nodes_{2};
};

TEST_F(ClusterVersions, TwoWorkOnOneSchemaSideBySide) {
  expect_one_cluster();
  migrate_to_next(true);
  expect_one_cluster();
  EXPECT_EQ(nodes_[1].server->stop(), 0);
  nodes_[1].start();
  expect_one_cluster();
}

TEST_F(ClusterVersions, OneThatIsTooOldIsRefusedByName) {
  migrate_to_next(false);
  expect_one_cluster(); // those that run go on
  EXPECT_EQ(nodes_[1].server->stop(), 0);
  const auto refused = run_latchkey({"serve"}, nodes_[1].settings, nodes_[1].store.folder());
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_TRUE(says(refused.err, "newer than this program's")) << refused.err;
  EXPECT_TRUE(says(refused.err, "and works with programs from version")) << refused.err;
  EXPECT_FALSE(nodes_[0].sign_in_new_user().access.empty());
}

} // namespace
} // namespace latchkey::test
