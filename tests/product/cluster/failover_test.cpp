// A cluster under load whose PostgreSQL fails over to a synchronous standby: what was acked is
// there, once, and the nodes follow the new primary by themselves. LATCHKEY_CHAOS=N lets the
// database fail over N times, five at most.
#include "tests/product/cluster/nodes_under_load.hpp"
#include "tests/support/postgres_pair.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::test {
namespace {

class ClusterFailover : public testing::Test {
protected:
  static constexpr int rounds_max = 5;

  /// How often a standby was promoted: as the name of the primary's WAL file says.
  int promotions() {
    const auto name = nodes_[0].store.query("SELECT pg_walfile_name(pg_current_wal_lsn())");
    return std::stoi(name.at(0).at(0).substr(0, 8), nullptr, 16) - 1;
  }
  /// Whether that node takes a user and tells of it, both by the database.
  bool serves(std::size_t i) {
    const auto name = new_name();
    try {
      const auto reply = nodes_[i].call(post_json("/auth/register", registration(name).dump()));
      return reply.status == 201 &&
             nodes_[i].call(post_json("/auth/token", credentials(name).dump())).status == 200;
    } catch (const std::runtime_error&) { // it has just ended
      return false;
    }
  }
  void expect_that_all_serve() {
    for (std::size_t i = 0; i < nodes_under_load::count; ++i)
      EXPECT_TRUE(eventually([&] {
        nodes_.start_if_removed(i);
        return serves(i);
      })) << i;
  }

  postgres_pair postgres_;
  nodes_under_load nodes_{postgres_.make_database()};
};

TEST_F(ClusterFailover, ToASynchronousStandbyLosesNothing) {
  nodes_.begin();
  for (int round = 1; round <= std::min(nodes_under_load::times(1), rounds_max); ++round) {
    nodes_.await_acks(100);
    // As long as whoever watches a primary takes to give it up.
    postgres_.fail_over(std::chrono::milliseconds{nodes_.below(3000)});
    EXPECT_EQ(promotions(), round);
    expect_that_all_serve();
    nodes_.await_acks(100);
  }
  nodes_.end_and_check();
}

} // namespace
} // namespace latchkey::test
