// What PostgreSQL's connection goes through: lost, frozen, refused.
#include "config/log.hpp"
#include "tests/config/temporary_folder.hpp"
#include "tests/storage/postgres/fixture.hpp"

#include <atomic>
#include <csignal>
#include <map>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

TEST_F(PostgresFaults, AServerThatIsAwayIsSaidToBeAndHealsWhenItIsBack) {
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  ASSERT_TRUE(in->ping());
  server->stop_immediately();
  EXPECT_TRUE(failed_with(commit(*out, {make_user("cat")}), error_code::store_unavailable));
  EXPECT_EQ(in->ping().error().code, error_code::store_unavailable);
  EXPECT_EQ(store->open_connections(), 0u);
  server->start();
  EXPECT_TRUE(eventually([&] { return commit(*out, {make_user("cat")}).has_value(); }));
  EXPECT_TRUE(eventually([&] { return in->ping().has_value(); }));
  EXPECT_TRUE(in->find_login("bob").value());
}

TEST_F(PostgresFaults, ARestartBetweenCommitsIsNotNoticed) {
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  ASSERT_TRUE(in->ping());
  server->stop_immediately();
  server->start();
  EXPECT_TRUE(commit(*out, {make_user("cat")}));
  EXPECT_TRUE(in->find_login("cat").value());
}

TEST_F(PostgresFaults, CrashesUnderLoadLoseNothingThatWasAckedAndDoubleNothing) {
  std::atomic<bool> done = false;
  std::atomic<int> acked = 0;
  int refusals = 0;
  std::map<session_id, error_code> outcomes;
  std::thread load([&] {
    const auto out = store->open_writer();
    while (!done) {
      std::vector<unit> batch;
      std::vector<session_id> ids;
      for (int i = 0; i < 8; ++i) {
        const auto s = make_session(ann.user.id);
        ids.push_back(s.id);
        batch.push_back({{create_session{s}, add_audit{make_audit("session.created")}}});
      }
      const auto answers = out->commit(batch);
      // While the server is away refusals come by the thousand: a few of them will do.
      if (failed_with(answers[0], error_code::store_unavailable) && ++refusals > 200) continue;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        outcomes[ids[i]] = answers[i] ? error_code::none : answers[i].error().code;
        acked += answers[i].has_value();
      }
    }
  });
  for (int crash = 0; crash < 5; ++crash) {
    const int before = acked;
    EXPECT_TRUE(eventually([&] { return acked > before + 100; })) << "it heals";
    server->stop_immediately();
    server->start();
  }
  done = true;
  load.join();
  const auto in = store->open_reader();
  ASSERT_TRUE(eventually([&] { return in->ping().has_value(); }));
  std::int64_t written = 0;
  std::int64_t unknown = 0;
  for (const auto& [id, code] : outcomes) {
    const auto there = in->find_session(id).value().has_value();
    written += there;
    if (code == error_code::outcome_unknown)
      ++unknown;
    else if (code == error_code::none)
      ASSERT_TRUE(there) << "an acked session is gone";
    else
      ASSERT_FALSE(there) << name_of(code) << " was answered for a session that is there";
  }
  EXPECT_EQ(count("sessions"), written);
  EXPECT_EQ(count("audit_log"), written);
  RecordProperty("unknown", static_cast<int>(unknown));
}

TEST_F(PostgresFaults, ATerminatedConnectionIsReplacedAtOnce) {
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  execute("SELECT pg_terminate_backend(" + std::to_string(writer_process()) + ")");
  EXPECT_TRUE(commit(*out, {make_user("cat")}));
}

TEST_F(PostgresFaults, AConnectionTerminatedInTheMiddleRunsTheBatchAgain) {
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  const auto process = writer_process();
  auto blocker = std::make_unique<pqxx::connection>(url);
  auto blocking = std::make_unique<pqxx::nontransaction>(*blocker);
  blocking->exec("BEGIN; LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE");
  result<written> answer;
  std::thread committing([&] {
    answer = commit(*out, {make_user("cat"), add_audit{make_audit("user.registered")}});
  });
  const auto waiting = [&] {
    return !execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pid = " + std::to_string(process))
                .empty();
  };
  EXPECT_TRUE(eventually(waiting));
  execute("SELECT pg_terminate_backend(" + std::to_string(process) + ")");
  blocking->exec("ROLLBACK");
  committing.join();
  EXPECT_TRUE(answer);
  EXPECT_EQ(count("users"), 3);
  EXPECT_EQ(count("audit_log"), 1);
}

TEST_F(PostgresFaults, AFrozenServerProcessIsLeftBehind) {
  give_up_soon();
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  const auto process = writer_process();
  kill(process, SIGSTOP);
  EXPECT_TRUE(commit(*out, {make_user("cat")})); // while the process stays frozen
  kill(process, SIGCONT);
}

TEST_F(PostgresFaults, WhatIsCommittedIsOnTheDiskWhateverTheServersDefault) {
  execute("ALTER DATABASE test_1 SET synchronous_commit = off");
  execute("CREATE TABLE seen (how TEXT)");
  execute("CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
          "INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$");
  execute("CREATE TRIGGER see BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION see()");
  ASSERT_EQ(execute("SHOW synchronous_commit")[0][0].as<std::string>(), "off");
  ASSERT_TRUE(commit(*store->open_writer(), {create_session{make_session(ann.user.id)}}));
  const auto seen = execute("SELECT how FROM seen");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0][0].as<std::string>(), "on");
}

TEST_F(PostgresFaults, MarksOfWritersLongGoneAreForgotten) {
  execute("INSERT INTO commit_marks VALUES ('old', 1, now() - interval '31 days'), "
          "('new', 1, now() - interval '29 days')");
  const auto before = count("commit_marks");
  ASSERT_TRUE(store->migrate());
  EXPECT_EQ(count("commit_marks"), before - 1);
  EXPECT_TRUE(execute("SELECT 1 FROM commit_marks WHERE writer = 'old'").empty());
}

TEST_F(PostgresFaults, AFullDiskStopsWritesAndNotReads) {
  execute("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
          "RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$");
  execute("CREATE TRIGGER full_disk BEFORE INSERT ON users FOR EACH ROW "
          "EXECUTE FUNCTION full_disk()");
  const auto out = store->open_writer();
  const std::vector<unit> batch{{{make_user("bob")}}, {{make_user("cat")}}};
  for (const auto& answer : out->commit(batch))
    EXPECT_TRUE(failed_with(answer, error_code::store_unavailable));
  EXPECT_TRUE(store->open_reader()->find_login("ann").value());
  EXPECT_TRUE(commit(*out, {create_session{make_session(ann.user.id)}}));
}

TEST(PostgresStore, NeverLogsAPartOfAPassword) {
  temporary_folder folder;
  const auto file = folder / "log";
  ASSERT_TRUE(log_start({log_level::debug, file, -1}));
  for (const auto* url :
       {"postgresql://bob:hunt3r/secret@127.0.0.1/d", "postgresql://bob:hunt%zzr@127.0.0.1/d",
        "postgresql://bob:hunt3r@x@127.0.0.1/d", "postgresql://bob@127.0.0.1/d?password=a&hunt3r",
        "postgresql://bob@127.0.0.1:hunt3r/d", "POSTGRESQL://bob:hunt3r@h/d"})
    EXPECT_FALSE(open_postgres(secret(std::string(url)))->open_reader()->ping()) << url;
  log_stop();
  const auto text = folder.read("log");
  EXPECT_NE(text.find("cannot connect"), std::string::npos) << text;
  for (const auto* part : {"hunt", "zzr", "secret", "x@"})
    EXPECT_EQ(text.find(part), std::string::npos) << text;
}

TEST(PostgresStore, ThatCannotBeReachedAnswersAtOnceAfterTheFirstAttempt) {
  const auto store = open_postgres(secret(std::string("postgresql:///x?host=/nonexistent")));
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  const unit single{{make_user("ann")}};
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(failed_with(out->commit({&single, 1}).front(), error_code::store_unavailable));
  EXPECT_EQ(in->ping().error().code, error_code::store_unavailable);
  EXPECT_EQ(store->migrate().error().code, error_code::store_unavailable);
  EXPECT_EQ(store->open_connections(), 0u);
}

} // namespace

} // namespace latchkey::test
