// What PostgreSQL's writer does when others are in its way: locks, deadlocks, conflicts.
#include "tests/storage/postgres/fixture.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

TEST_F(PostgresFaults, ALockThatIsNotGotInTimeIsUnavailableNotWaitedFor) {
  give_up_soon();
  const auto out = store->open_writer();
  pqxx::connection blocker(url);
  pqxx::nontransaction blocking(blocker);
  blocking.exec("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
  EXPECT_TRUE(failed_with(commit(*out, {make_user("bob")}), error_code::store_unavailable));
  blocking.exec("ROLLBACK");
  EXPECT_TRUE(commit(*out, {make_user("bob")}));
}

// Only a change of the user is waited for (AccountRaces).
TEST_F(PostgresFaults, ARowThatSomebodySharesDoesNotHoldUpALogin) {
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  pqxx::connection blocker(url);
  pqxx::nontransaction blocking(blocker);
  blocking.exec("BEGIN; SELECT 1 FROM users WHERE username = 'ann' FOR SHARE");
  // The lock is held all the while: whoever waited for it would be refused in the end.
  EXPECT_TRUE(commit(
      *out, {create_session{make_session(ann.user.id)}, touch_login{ann.user.id, noon + 1s}}));
  EXPECT_EQ(lock_timeouts(), 0u) << server->log();
  EXPECT_FALSE(store->open_reader()->find_user(ann.user.id).value()->last_login_at);
  blocking.exec("ROLLBACK");
  EXPECT_TRUE(commit(*out, {touch_login{ann.user.id, noon + 1s}, touch_login{ann.user.id, noon}}));
  EXPECT_EQ(store->open_reader()->find_user(ann.user.id).value()->last_login_at, noon + 1s);
}

TEST_F(PostgresFaults, AUnitWhoseRowIsLockedFailsAlone) {
  give_up_soon();
  const auto out = store->open_writer();
  std::vector<unit> batch{{{set_password_hash{ann.user.id, 1, secret(std::string("a")), noon}}}};
  for (int i = 0; i < 20; ++i)
    batch.push_back({{make_user("user" + std::to_string(i))}});
  pqxx::connection blocker(url);
  pqxx::nontransaction blocking(blocker);
  blocking.exec("BEGIN; SELECT 1 FROM users WHERE username = 'ann' FOR UPDATE");
  const auto answers = out->commit(batch);
  EXPECT_LE(lock_timeouts(), 6u) << "it is found by halving";
  EXPECT_TRUE(failed_with(answers[0], error_code::store_unavailable));
  for (std::size_t i = 1; i < answers.size(); ++i)
    EXPECT_TRUE(answers[i]) << i;
  EXPECT_EQ(count("users"), 21);
  blocking.exec("ROLLBACK");
}

TEST_F(PostgresFaults, ATableThatIsLockedIsNotTriedForEveryUnit) {
  give_up_soon();
  const auto out = store->open_writer();
  std::vector<unit> batch(200);
  for (auto& each : batch)
    each.facts = {create_session{make_session(ann.user.id)}};
  pqxx::connection blocker(url);
  pqxx::nontransaction blocking(blocker);
  blocking.exec("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE");
  for (const auto& answer : out->commit(batch))
    EXPECT_TRUE(failed_with(answer, error_code::store_unavailable));
  EXPECT_LT(lock_timeouts(), batch.size() / 2) << "to look for one to blame would take more";
  blocking.exec("ROLLBACK");
  EXPECT_TRUE(commit(*out, {create_session{make_session(ann.user.id)}}));
}

TEST_F(PostgresFaults, AUnitWhoseStatementTakesTooLongFailsAlone) {
  execute("CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
          "IF NEW.user_agent = 'slow' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$; "
          "CREATE TRIGGER linger BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION linger()");
  const auto out = store->open_writer();
  std::vector<unit> batch(20);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto s = make_session(ann.user.id);
    if (i == 7) s.user_agent = "slow";
    batch[i].facts = {create_session{s}};
  }
  const auto answers = out->commit(batch);
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (i == 7)
      EXPECT_TRUE(failed_with(answers[i], error_code::store_unavailable));
    else
      EXPECT_TRUE(answers[i]) << i;
  EXPECT_EQ(count("sessions"), 19);
}

TEST_F(PostgresFaults, ADeadlockIsRetried) {
  auto bob = make_user("bob");
  ASSERT_TRUE(commit(*store->open_writer(), {bob}));
  const auto first = std::min(ann.user.id, bob.user.id);
  const auto second = std::max(ann.user.id, bob.user.id);
  const auto touch = [](const user_id& id) {
    return "UPDATE users SET role = role WHERE id = '" + to_string(id) + "'";
  };
  pqxx::connection other(url);
  pqxx::nontransaction holding(other);
  // Only the writer may find the deadlock, so that it is the one that must try again.
  holding.exec("SET deadlock_timeout = '60s'; BEGIN; " + touch(second));
  execute("ALTER DATABASE test_1 SET deadlock_timeout = '100ms'");
  const auto out = store->open_writer();
  std::vector<result<written>> answers;
  std::thread committing([&] {
    const std::vector<unit> batch{{{set_password_hash{second, 1, secret(std::string("b")), noon}}},
                                  {{set_password_hash{first, 1, secret(std::string("a")), noon}}}};
    answers = out->commit(batch);
  });
  EXPECT_TRUE(
      eventually([&] { return !execute("SELECT 1 FROM pg_locks WHERE NOT granted").empty(); }));
  holding.exec(touch(first));
  holding.exec("COMMIT");
  committing.join();
  EXPECT_TRUE(answers.at(0));
  EXPECT_TRUE(answers.at(1));
  EXPECT_NE(server->log().find("deadlock detected"), std::string::npos) << server->log();
}

TEST_F(PostgresFaults, SerializationFailuresAreRetriedThreeTimes) {
  execute("CREATE SEQUENCE attempts");
  // A sequence does not roll back, so it counts attempts.
  const auto fail_first = [this](int times) {
    execute("CREATE OR REPLACE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF nextval('attempts') <= " +
            std::to_string(times) +
            " THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$");
    execute("SELECT setval('attempts', 1, false)");
  };
  fail_first(3);
  execute("CREATE TRIGGER stumble BEFORE INSERT ON sessions FOR EACH ROW "
          "EXECUTE FUNCTION stumble()");
  const auto out = store->open_writer();
  EXPECT_TRUE(commit(*out, {create_session{make_session(ann.user.id)}}));
  fail_first(100);
  EXPECT_TRUE(failed_with(commit(*out, {create_session{make_session(ann.user.id)}}),
                          error_code::store_unavailable));
  EXPECT_EQ(execute("SELECT last_value FROM attempts")[0][0].as<int>(), 4);
}

} // namespace

} // namespace latchkey::test
