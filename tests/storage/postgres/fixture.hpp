// fixture.hpp — a server of the test's own, which it may stop, freeze and cut off.
#pragma once

#include "storage/postgres/options.hpp"
#include "tests/storage/engines.hpp"
#include "tests/support/postgres_server.hpp"

#include <chrono>
#include <memory>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <string>
#include <thread>

namespace latchkey::test {

inline constexpr auto patience = std::chrono::seconds(30); // for what must happen, but not when

class PostgresFaults : public testing::Test {
protected:
  void SetUp() override {
    server = std::make_unique<postgres_server>();
    url = server->make_database();
    store = storage::open_postgres(secret(url));
    ASSERT_TRUE(store->migrate());
    ASSERT_TRUE(commit(*store->open_writer(), {ann}));
  }

  /// Of a store that soon gives up, where that is what a test is about. Elsewhere a busy machine
  /// must not make it.
  static storage::postgres_options hasty() {
    storage::postgres_options o;
    o.round_trip_timeout = std::chrono::milliseconds(1500);
    o.statement_timeout = std::chrono::milliseconds(1200);
    o.lock_timeout = std::chrono::milliseconds(1000);
    o.fate_timeout = std::chrono::milliseconds(1500);
    return o;
  }

  static result<storage::written> commit(storage::writer& to, std::vector<storage::fact> facts) {
    const storage::unit single{std::move(facts)};
    return to.commit({&single, 1}).front();
  }

  void give_up_soon() { store = storage::open_postgres(secret(url), hasty()); }

  pqxx::result execute(const std::string& sql) {
    pqxx::connection link(url);
    pqxx::nontransaction plain(link);
    return plain.exec(sql);
  }

  std::int64_t count(const std::string& table) {
    return execute("SELECT count(*) FROM " + table)[0][0].as<std::int64_t>();
  }

  /// How often a statement gave up waiting for a lock.
  std::size_t lock_timeouts() const {
    const std::string words = "canceling statement due to lock timeout";
    const auto log = server->log();
    std::size_t found = 0;
    for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1))
      ++found;
    return found;
  }

  /// The server process of the one writer that is connected.
  int writer_process() {
    return execute(
               "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'latchkey-0%'")[0][0]
        .as<int>();
  }

  template <class Condition>
  static bool eventually(Condition holds) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  std::unique_ptr<postgres_server> server;
  std::string url;
  std::unique_ptr<storage::store> store;
  storage::create_user ann = make_user("ann");
};

} // namespace latchkey::test
