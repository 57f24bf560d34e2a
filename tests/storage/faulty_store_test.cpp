// The fake's faults: each is what it says.
#include "tests/support/faulty_store.hpp"

#include "tests/storage/engines.hpp"

#include <thread>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class FaultyStore : public testing::Test {
protected:
  result<written> commit(const std::string& name) {
    const unit single{{make_user(name)}};
    return store.open_writer()->commit({&single, 1}).front();
  }
  bool has(const std::string& name) {
    return store.open_reader()->find_login(name).value().has_value();
  }
  faulty_store store;
};

TEST_F(FaultyStore, IsUnavailableAsOftenAsTold) {
  store.fail_next(commit_fault::unavailable, 2);
  EXPECT_TRUE(failed_with(commit("ann"), error_code::store_unavailable));
  EXPECT_TRUE(failed_with(commit("ann"), error_code::store_unavailable));
  EXPECT_FALSE(has("ann"));
  EXPECT_TRUE(commit("ann"));
}

TEST_F(FaultyStore, DoesNotSayWhetherItApplied) {
  store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_TRUE(failed_with(commit("ann"), error_code::outcome_unknown));
  EXPECT_TRUE(has("ann"));
  store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_TRUE(failed_with(commit("bob"), error_code::outcome_unknown));
  EXPECT_FALSE(has("bob"));
}

TEST_F(FaultyStore, ReadsWhileItsDiskIsFullAndNotWhileItIsDown) {
  ASSERT_TRUE(commit("ann"));
  store.set_disk_full(true);
  EXPECT_TRUE(failed_with(commit("bob"), error_code::store_unavailable));
  EXPECT_TRUE(has("ann"));
  store.set_disk_full(false);
  store.set_down(true);
  EXPECT_EQ(store.open_reader()->ping().error().code, error_code::store_unavailable);
  EXPECT_TRUE(failed_with(commit("bob"), error_code::store_unavailable));
  store.set_down(false);
  EXPECT_TRUE(commit("bob"));
}

TEST_F(FaultyStore, HoldsCommitsUntilTheyAreReleased) {
  store.hold_commits();
  result<written> answer;
  std::thread committing([&] { answer = commit("ann"); });
  EXPECT_TRUE(store.await_held(1, 10s));
  EXPECT_FALSE(has("ann"));
  store.release_commits();
  committing.join();
  EXPECT_TRUE(answer);
  EXPECT_TRUE(has("ann"));
  EXPECT_EQ(store.batch_sizes(), std::vector<std::size_t>{1});
}

TEST_F(FaultyStore, ShowsItsAuditLog) {
  const auto u = make_user("ann");
  const auto s = make_session(u.user.id);
  const unit single{{u, create_session{s}, end_session{s.id, noon, "logout"},
                     add_audit{make_audit("session.ended")}}};
  ASSERT_TRUE(store.open_writer()->commit({&single, 1}).front());
  ASSERT_EQ(store.audits().size(), 1u);
  EXPECT_EQ(store.audits()[0].action, "session.ended");
  EXPECT_EQ(store.end_reason(s.id), "logout");
}

} // namespace

} // namespace latchkey::test
