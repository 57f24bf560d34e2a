// Who waits for whom on PostgreSQL when a user is deactivated.
#include "tests/storage/postgres/fixture.hpp"

#include <atomic>

namespace latchkey::test {

namespace {

using namespace storage;

class PostgresAccountLocks : public PostgresFaults {
protected:
  /// Commits `what` while another transaction has deactivated the user and not yet committed;
  /// the answer comes after that COMMIT.
  result<written> commit_during_deactivation(fact f) {
    const auto patient = open_postgres(secret(url)); // waits longer for a lock than this takes
    pqxx::connection other(url);
    pqxx::nontransaction deactivating(other);
    deactivating.exec("BEGIN; SELECT 1 FROM users WHERE username = 'ann' FOR UPDATE; "
                      "UPDATE users SET is_active = false WHERE username = 'ann'");
    result<written> answer;
    std::atomic<bool> answered = false;
    std::thread committing([&] {
      answer = commit(*patient->open_writer(), {std::move(f)});
      answered = true;
    });
    EXPECT_TRUE(eventually([&] {
      return answered || !execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                  "AND datname = current_database()")
                              .empty();
    }));
    deactivating.exec("COMMIT");
    committing.join();
    return answer;
  }
};

TEST_F(PostgresAccountLocks, NoSessionIsOpenedMeanwhile) {
  EXPECT_TRUE(failed_with(commit_during_deactivation(create_session{make_session(ann.user.id)}),
                          error_code::user_not_found));
}

TEST_F(PostgresAccountLocks, NoSessionIsSyncedMeanwhile) {
  EXPECT_TRUE(failed_with(commit_during_deactivation(upsert_session{make_session(ann.user.id)}),
                          error_code::user_not_found));
}

} // namespace

} // namespace latchkey::test
