// The members of a cluster on a PostgreSQL database: who may use it beside whom, and what becomes
// of a member whose row was removed.
#include "storage/members.hpp"

#include "tests/storage/engines.hpp"
#include "tests/support/postgres_server.hpp"

#include <chrono>
#include <future>
#include <mutex>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>
#include <vector>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace storage;

constexpr auto gap_from = 1s;

class PostgresMembers : public testing::Test {
protected:
  /// A store as a member has it, and what it was told.
  struct member {
    member_row row;
    std::unique_ptr<store> shared;
    std::unique_ptr<member_table> table;
    std::unique_ptr<writer> out;
    std::shared_ptr<std::vector<std::string>> lost =
        std::make_shared<std::vector<std::string>>(); // one thread writes
  };

  PostgresMembers() { EXPECT_TRUE(open_postgres(secret(url))->migrate()); }

  member make(const std::string& node) const {
    member made;
    made.row.id.bytes = make_uuid(noon).bytes;
    made.row.node = node;
    made.row.address = node + ":7400";
    made.shared = open_postgres(secret(url));
    const auto claimed = made.shared->claim_as_member(
        made.row.id, "a member on " + node,
        [told = made.lost](const std::string& why) { told->push_back(why); });
    EXPECT_TRUE(claimed) << claimed.error().reason;
    made.table = made.shared->open_member_table();
    made.out = made.shared->open_writer();
    return made;
  }
  member join(const std::string& node) const {
    auto made = make(node);
    EXPECT_EQ(made.table->join(made.row), true);
    EXPECT_EQ(made.table->open(made.row.id), true);
    return made;
  }

  static result<written> commit(member& by, const std::string& name) {
    const unit single{{make_user(name)}};
    return by.out->commit({&single, 1}).front();
  }
  bool is_there(const std::string& name) const {
    return open_postgres(secret(url))->open_reader()->find_login(name).value().has_value();
  }
  void execute(const std::string& sql) const {
    pqxx::connection link(url);
    pqxx::nontransaction plain(link);
    plain.exec(sql);
  }
  /// As if that member had been silent for so long, and the other's heartbeats had come.
  void age(const member& silent, const member& other) const {
    execute(
        "UPDATE cluster_members SET heartbeat_at = heartbeat_at - interval '10 s' WHERE id = '" +
        to_string(silent.row.id) + "'");
    execute(
        "UPDATE cluster_members SET gapless_since = gapless_since - interval '10 s' WHERE id = '" +
        to_string(other.row.id) + "'");
  }
  static result<bool> fence(member& by, const member& whom) {
    return by.table->fence(by.row.id, whom.row.id, 2s, 2s);
  }

  std::string url = make_postgres_database();
};

// -- who may use the database ------------------------------------------------------------------

TEST_F(PostgresMembers, UseItTogether) {
  auto first = join("a");
  auto second = join("b");
  EXPECT_TRUE(commit(first, "ann"));
  EXPECT_TRUE(commit(second, "bob"));
}

TEST_F(PostgresMembers, KeepAServerThatIsAloneAway) {
  auto first = join("a");
  EXPECT_TRUE(commit(first, "ann"));
  const auto alone = open_postgres(secret(url));
  const auto refused = alone->claim("process 17", [](const std::string&) {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("a member on a"), std::string::npos)
      << refused.error().reason;
}

TEST_F(PostgresMembers, AreKeptAwayByAServerThatIsAlone) {
  const auto alone = open_postgres(secret(url));
  ASSERT_TRUE(alone->claim("process 17", [](const std::string&) {}));
  const auto second = open_postgres(secret(url));
  const auto refused =
      second->claim_as_member(member_id{make_uuid(noon)}, "a member", [](const std::string&) {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("process 17"), std::string::npos);
  EXPECT_NE(refused.error().reason.find("not one of a cluster"), std::string::npos);
}

// -- joining ---------------------------------------------------------------------------------

TEST_F(PostgresMembers, JoinOneAtATime) {
  auto first = make("a");
  auto second = make("b");
  EXPECT_EQ(first.table->join(first.row), true);
  EXPECT_EQ(second.table->join(second.row), false);
  EXPECT_EQ(first.table->open(first.row.id), true);
  EXPECT_EQ(second.table->join(second.row), true);
}

TEST_F(PostgresMembers, WhoEndWhileTheyJoinAreInNobodysWay) {
  auto first = make("a");
  EXPECT_EQ(first.table->join(first.row), true);
  first.table.reset();
  auto second = make("b");
  // The server notices in its own time.
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  bool has_joined = false;
  while (!has_joined && std::chrono::steady_clock::now() < give_up)
    has_joined = second.table->join(second.row).value();
  EXPECT_TRUE(has_joined);
}

TEST_F(PostgresMembers, TakeThePlaceOfTheirPredecessors) {
  auto before = join("a");
  EXPECT_TRUE(commit(before, "ann"));
  auto other = join("b");
  auto after = make("a");
  EXPECT_TRUE(after.table->remove_predecessors("a"));
  EXPECT_FALSE(commit(before, "zed"));
  EXPECT_TRUE(commit(other, "bob"));
  EXPECT_EQ(after.table->join(after.row), true);
  EXPECT_EQ(after.table->beat(after.row.id, gap_from).value().size(), 2U);
}

TEST_F(PostgresMembers, SeeEachOtherWithTheirAddresses) {
  auto first = join("a");
  auto second = make("b");
  ASSERT_EQ(second.table->join(second.row), true);
  const auto rows = first.table->beat(first.row.id, gap_from).value();
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& row : rows) {
    const auto& same = row.id == first.row.id ? first.row : second.row;
    EXPECT_EQ(row.id, same.id);
    EXPECT_EQ(row.node, same.node);
    EXPECT_EQ(row.address, same.address);
    EXPECT_EQ(row.is_open, row.id == first.row.id);
    EXPECT_LT(row.silent_for, 30s);
  }
}

TEST_F(PostgresMembers, HaveAGapAfterAPause) {
  auto first = join("a");
  execute("UPDATE cluster_members SET gapless_since = gapless_since - interval '1 hour'");
  EXPECT_GE(first.table->beat(first.row.id, 1h).value().front().gapless_for, 1h);
  EXPECT_LT(first.table->beat(first.row.id, 0s).value().front().gapless_for, 1h);
}

TEST_F(PostgresMembers, LeaveByThemselves) {
  auto first = join("a");
  auto second = join("b");
  EXPECT_TRUE(first.table->leave(first.row.id));
  EXPECT_EQ(second.table->beat(second.row.id, gap_from).value().size(), 1U);
}

// -- fences ------------------------------------------------------------------------------------

TEST_F(PostgresMembers, ThatAreFencedWriteNothingMoreAndAreTold) {
  auto first = join("a");
  auto second = join("b");
  EXPECT_TRUE(commit(second, "bob"));
  age(second, first);
  EXPECT_EQ(fence(first, second), true);
  EXPECT_TRUE(failed_with(commit(second, "zed"), error_code::store_unavailable));
  ASSERT_FALSE(second.lost->empty());
  EXPECT_NE(second.lost->front().find("removed"), std::string::npos);
  EXPECT_FALSE(is_there("zed"));
  EXPECT_TRUE(commit(first, "ann"));
  EXPECT_TRUE(first.lost->empty());
  const auto rows = second.table->beat(second.row.id, gap_from).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().id, first.row.id) << "it sees that it is gone";
  EXPECT_EQ(second.table->open(second.row.id), false);
}

TEST_F(PostgresMembers, ThatHaveNeverWrittenAreFencedToo) {
  auto first = join("a");
  auto second = join("b");
  age(second, first);
  EXPECT_EQ(fence(first, second), true);
  EXPECT_TRUE(failed_with(commit(second, "zed"), error_code::store_unavailable));
  EXPECT_FALSE(is_there("zed"));
}

TEST_F(PostgresMembers, AreNotFencedWhileTheyGiveSignsOfLife) {
  auto first = join("a");
  auto second = join("b");
  age(second, first);
  EXPECT_TRUE(second.table->beat(second.row.id, gap_from));
  EXPECT_EQ(fence(first, second), false);
  EXPECT_TRUE(commit(second, "bob"));
}

TEST_F(PostgresMembers, AreNotFencedByOneThatIsOnlyJustBack) {
  auto first = join("a");
  auto second = join("b");
  execute("UPDATE cluster_members SET heartbeat_at = heartbeat_at - interval '10 s'");
  EXPECT_EQ(fence(first, second), false);
  EXPECT_TRUE(commit(second, "bob"));
}

TEST_F(PostgresMembers, AreFencedThoughATransactionOfTheirsIsOpen) {
  auto first = join("a");
  auto second = join("b");
  EXPECT_TRUE(commit(second, "bob"));
  age(second, first);
  // As one that is frozen between its mark and COMMIT.
  pqxx::connection frozen(url);
  pqxx::nontransaction plain(frozen);
  plain.exec("BEGIN");
  plain.exec(
      "SELECT set_config('application_name', writer, false) FROM commit_marks WHERE member = '" +
      to_string(second.row.id) + "'");
  plain.exec(
      "UPDATE commit_marks SET transaction_number = transaction_number + 1 WHERE member = '" +
      to_string(second.row.id) + "'");
  EXPECT_EQ(fence(first, second), true);
  EXPECT_ANY_THROW(plain.exec("COMMIT"));
}

TEST_F(PostgresMembers, WriteEitherBeforeTheirFenceOrNotAtAll) {
  auto first = join("a");
  for (int round = 0; round < 20; ++round) {
    auto second = join("b" + std::to_string(round));
    EXPECT_TRUE(commit(second, "bob" + std::to_string(round)));
    age(second, first);
    const auto name = "zed" + std::to_string(round);
    auto racing = std::async(std::launch::async, [&] { return commit(second, name); });
    const bool is_fenced = fence(first, second).value_or(false);
    const bool was_there = is_there(name);
    const auto written = racing.get();
    // One whose connection was ended during COMMIT does not know, and its process ends.
    const bool knows = written || written.error().code != error_code::outcome_unknown;
    EXPECT_TRUE(!knows || written.has_value() == is_there(name)) << round;
    EXPECT_TRUE(!is_fenced || was_there == is_there(name)) << "written after the fence, " << round;
  }
}

} // namespace
} // namespace latchkey::test
