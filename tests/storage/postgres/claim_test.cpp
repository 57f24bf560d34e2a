// One server at a time on a PostgreSQL database.
#include "tests/storage/engines.hpp"
#include "tests/support/postgres_server.hpp"

#include <chrono>
#include <mutex>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {

namespace {

using namespace storage;

class PostgresClaim : public testing::Test {
protected:
  using loss_handler = std::function<void(const std::string&)>;
  static void nobody(const std::string&) {}

  static result<written> commit(writer& to, const std::string& name) {
    const unit single{{make_user(name)}};
    return to.commit({&single, 1}).front();
  }

  std::unique_ptr<store> open() const { return open_postgres(secret(url)); }

  /// A store as a server has it.
  std::unique_ptr<store> serve(const std::string& holder, loss_handler lost = nobody) const {
    auto socket = open();
    const auto claimed = socket->claim(holder, std::move(lost));
    EXPECT_TRUE(claimed) << claimed.error().reason;
    EXPECT_TRUE(socket->migrate());
    return socket;
  }

  /// Ends the connections of this database whose name begins so; answers how many.
  std::size_t end_connections(const std::string& beginning) const {
    pqxx::connection link(url);
    pqxx::nontransaction plain(link);
    const auto ended =
        plain.exec("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE datname = "
                   "current_database() AND pid <> pg_backend_pid() AND application_name LIKE '" +
                   beginning + "%'");
    return static_cast<std::size_t>(ended.size());
  }

  template <class Condition>
  static bool eventually(Condition holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  std::string url = make_postgres_database();
};

TEST_F(PostgresClaim, ASecondServerIsRefusedWithTheNameOfTheFirst) {
  const auto first = serve("process 17 on host-a");
  const auto refused = open()->claim("process 18 on host-b", nobody);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::conflict);
  EXPECT_EQ(refused.error().field, "DATABASE_URL");
  EXPECT_NE(refused.error().reason.find("process 17 on host-a"), std::string::npos)
      << refused.error().reason;
  EXPECT_TRUE(commit(*first->open_writer(), "ann")) << "the first goes on";
}

TEST_F(PostgresClaim, AnotherDatabaseOfTheServerIsAnothers) {
  const auto first = serve("the first");
  const auto elsewhere = open_postgres(secret(make_postgres_database()));
  EXPECT_TRUE(elsewhere->claim("the second", nobody));
}

TEST_F(PostgresClaim, AServerThatEndedIsInNobodysWay) {
  serve("the first").reset();
  EXPECT_TRUE(eventually([&] { return open()->claim("the second", nobody).has_value(); }));
}

TEST_F(PostgresClaim, AServerThatCrashedIsInNobodysWay) {
  ASSERT_TRUE(open()->migrate());
  const unit single{{make_user("ann")}};
  const auto child = fork();
  if (child == 0) {
    const auto first = open();
    if (!first->claim("the first", nobody)) _exit(2);
    if (!first->open_writer()->commit({&single, 1}).front()) _exit(3);
    _exit(0); // ends no connection
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(eventually([&] { return open()->claim("the second", nobody).has_value(); }));
}

TEST_F(PostgresClaim, AServerThatLostItsLockIsSafeForAsLongAsItCanWrite) {
  const auto first = serve("the first");
  const auto out = first->open_writer();
  ASSERT_TRUE(commit(*out, "ann"));
  ASSERT_EQ(end_connections("latchkey server:"), 1u);
  EXPECT_FALSE(open()->claim("the second", nobody));
  EXPECT_TRUE(commit(*out, "bob"));
  // The next connection that is made takes it again.
  EXPECT_TRUE(commit(*first->open_writer(), "cat"));
  const auto refused = open()->claim("the second", nobody);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("the first"), std::string::npos) << refused.error().reason;
}

TEST_F(PostgresClaim, AServerThatLostItToAnotherIsToldAndWritesNothing) {
  std::mutex guard;
  std::string why;
  const auto first = serve("the first", [&](const std::string& words) {
    const std::lock_guard lock(guard);
    why = words;
  });
  const auto out = first->open_writer();
  ASSERT_TRUE(commit(*out, "ann"));
  ASSERT_EQ(end_connections("latchkey"), 2u);
  const auto second = open();
  ASSERT_TRUE(eventually([&] { return second->claim("the second", nobody).has_value(); }));
  EXPECT_TRUE(failed_with(commit(*out, "bob"), error_code::store_unavailable));
  const std::lock_guard lock(guard);
  EXPECT_NE(why.find("the second"), std::string::npos) << why;
  EXPECT_FALSE(second->open_reader()->find_login("bob").value());
}

} // namespace

} // namespace latchkey::test
