// What becomes of a COMMIT whose answer does not come: found out, made again, or unknown.
#include "tests/storage/postgres/cutting_proxy.hpp"
#include "tests/storage/postgres/fixture.hpp"

#include <csignal>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

/// The store talks through a proxy that can break it at COMMIT.
class PostgresCommits : public PostgresFaults {
protected:
  void SetUp() override {
    PostgresFaults::SetUp();
    proxy = std::make_unique<cutting_proxy>(server->socket_folder());
    store = open_postgres(secret(through_folder(url, proxy->socket_folder())), hasty());
    out = store->open_writer();
    ASSERT_TRUE(commit(*out, {make_user("warm")}));
  }
  std::unique_ptr<cutting_proxy> proxy;
  std::unique_ptr<writer> out;
};

TEST_F(PostgresCommits, ThatNeverReachedTheServerAreMadeAgain) {
  proxy->on_next_commit(at_commit::cut_before);
  const auto seen = proxy->commits();
  EXPECT_TRUE(commit(*out, {make_user("bob")}));
  EXPECT_EQ(proxy->commits(), seen + 2);
  EXPECT_EQ(count("users"), 3);
}

TEST_F(PostgresCommits, ThatSucceededUnheardAreFoundOut) {
  proxy->on_next_commit(at_commit::cut_after);
  const auto seen = proxy->commits();
  const auto answer = commit(*out, {make_user("bob")});
  ASSERT_TRUE(answer);
  EXPECT_EQ(proxy->commits(), seen + 1) << "it was not made again";
  EXPECT_EQ(execute("SELECT number FROM users WHERE username = 'bob'")[0][0].as<std::int64_t>(),
            answer->user_number);
}

TEST_F(PostgresCommits, ThatSucceededUnheardAreNotMistakenForALaterFailure) {
  const auto s = make_session(ann.user.id);
  ASSERT_TRUE(commit(*out, {create_session{s}}));
  proxy->on_next_commit(at_commit::cut_after);
  EXPECT_TRUE(commit(*out, {rotate_session{s.id, s.counter, noon + 1s}}))
      << "made again, it would lose against itself";
}

TEST_F(PostgresCommits, OfAServerThatFallsSilentAreGivenUpAndMadeAgain) {
  proxy->on_next_commit(at_commit::swallow);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(commit(*out, {make_user("bob")}));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, hasty().round_trip_timeout);
  EXPECT_EQ(count("users"), 3);
}

TEST_F(PostgresCommits, ThatArriveLateHaveNoEffect) {
  proxy->on_next_commit(at_commit::cut_then_deliver);
  EXPECT_TRUE(commit(*out, {add_audit{make_audit("late")}}));
  EXPECT_FALSE(proxy->deliver()) << "the old server process must be gone by now";
  EXPECT_EQ(count("audit_log"), 1);
}

TEST_F(PostgresCommits, AreUnknownWhileTheServerIsAway) {
  proxy->on_next_commit(at_commit::pass);
  proxy->before_forwarding([this] { server->stop_immediately(); });
  EXPECT_TRUE(failed_with(commit(*out, {make_user("bob")}), error_code::outcome_unknown));
  proxy->before_forwarding(nullptr);
  server->start();
  EXPECT_TRUE(eventually([&] { return commit(*out, {make_user("cat")}).has_value(); }));
  EXPECT_EQ(count("users"), 3);
}

TEST_F(PostgresCommits, OfAFrozenServerProcessAreUnknownInTime) {
  const auto process = writer_process();
  proxy->before_forwarding([process] { kill(process, SIGSTOP); });
  const auto answer = commit(*out, {make_user("bob")}); // while the process stays frozen
  kill(process, SIGCONT);
  EXPECT_TRUE(failed_with(answer, error_code::outcome_unknown));
  proxy->before_forwarding(nullptr);
  EXPECT_TRUE(eventually([&] { return commit(*out, {make_user("cat")}).has_value(); }));
}

} // namespace

} // namespace latchkey::test
