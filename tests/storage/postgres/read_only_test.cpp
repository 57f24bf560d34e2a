// A PostgreSQL that may be read and not written any more, as an old primary after a failover.
#include "tests/storage/postgres/fixture.hpp"

namespace latchkey::test {

namespace {

using namespace storage;

class PostgresReadOnly : public PostgresFaults {
protected:
  /// For connections that are open too.
  void set_read_only(bool on) {
    execute(std::string("ALTER SYSTEM SET default_transaction_read_only = ") + (on ? "on" : "off"));
    execute("SELECT pg_reload_conf()");
  }
  std::size_t writing_connections() {
    return static_cast<std::size_t>(
        execute("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'latchkey-0%'").size());
  }
};

TEST_F(PostgresReadOnly, IsNoLongerUsedToWriteUntilItIsWritableAgain) {
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  ASSERT_TRUE(in->ping());
  const auto before = writer_process();
  set_read_only(true);
  // An open connection hears of it with its next statement, or a little later.
  result<written> answer;
  int tries = 0;
  ASSERT_TRUE(eventually([&] {
    answer = commit(*out, {make_user("u" + std::to_string(++tries))});
    return !answer.has_value();
  }));
  EXPECT_TRUE(failed_with(answer, error_code::store_unavailable));
  EXPECT_TRUE(eventually([&] { return writing_connections() == 0; })) << "it was dropped";
  EXPECT_TRUE(in->find_login("bob").value()) << "reads go on";
  const auto alive = in->ping();
  ASSERT_FALSE(alive);
  EXPECT_EQ(alive.error().field, "database");
  EXPECT_EQ(alive.error().reason, "the server is read-only");

  set_read_only(false);
  EXPECT_TRUE(eventually([&] { return commit(*out, {make_user("cat")}).has_value(); }));
  EXPECT_NE(writer_process(), before) << "on another connection";
  EXPECT_TRUE(eventually([&] { return in->ping().has_value(); }));
}

TEST_F(PostgresReadOnly, IsLeftForTheOtherHostOfTheUrl) {
  postgres_server other;
  const auto other_url = other.make_database();
  ASSERT_TRUE(open_postgres(secret(other_url))->migrate());
  const auto both = through_folder(url, server->socket_folder() + "," + other.socket_folder());
  store = open_postgres(secret(both));
  const auto out = store->open_writer();
  const auto in = store->open_reader();
  ASSERT_TRUE(commit(*out, {make_user("bob")}));
  ASSERT_TRUE(in->find_login("bob").value());
  set_read_only(true);
  // Which of the two took a user is told by asking the second alone.
  const auto there = open_postgres(secret(other_url))->open_reader();
  int tries = 0;
  EXPECT_TRUE(eventually([&] {
    const auto name = "u" + std::to_string(++tries);
    return commit(*out, {make_user(name)}).has_value() && there->find_login(name).value();
  }));
  EXPECT_TRUE(in->find_login("u" + std::to_string(tries)).value()) << "who reads moves along";
}

} // namespace

} // namespace latchkey::test
