// What the operator is told of a PostgreSQL that refuses us, whatever is logged.
#include "tests/storage/engines.hpp"
#include "tests/support/postgres_server.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {

namespace {

using namespace storage;

/// Something that listens where a PostgreSQL would, and answers each connection in the same way.
class refusing_server {
public:
  explicit refusing_server(std::string answer) : answer_(std::move(answer)) {
    std::string pattern = "/tmp/lk-refuse-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 8) != 0)
      throw std::runtime_error("cannot listen in " + folder_);
    thread_ = std::thread([this] { serve(); });
  }
  ~refusing_server() {
    ::shutdown(listener_, SHUT_RDWR); // ends accept()
    thread_.join();
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  refusing_server(const refusing_server&) = delete;
  refusing_server& operator=(const refusing_server&) = delete;

  std::string url() const { return "postgresql://ann@/accounts?host=" + folder_; }

private:
  void serve() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0 && errno == EINTR) continue;
      if (client < 0) return;
      std::array<char, 1024> startup;
      if (::read(client, startup.data(), startup.size()) > 0 && !answer_.empty())
        (void)!::write(client, answer_.data(), answer_.size());
      // Read until the client goes: a socket that is closed with bytes unread may lose the answer.
      ::shutdown(client, SHUT_WR);
      while (::read(client, startup.data(), startup.size()) > 0) {
      }
      ::close(client);
    }
  }

  std::string answer_;
  std::string folder_;
  int listener_ = -1;
  std::thread thread_;
};

std::string four_bytes(std::size_t number) {
  std::string out;
  for (const int shift : {24, 16, 8, 0})
    out += static_cast<char>((number >> shift) & 0xff);
  return out;
}

/// An ErrorResponse ("PostgreSQL Documentation", Message Formats).
std::string error_response(const std::string& sqlstate, const std::string& words) {
  const auto body = "SFATAL" + std::string(1, '\0') + "VFATAL" + std::string(1, '\0') + "C" +
                    sqlstate + std::string(1, '\0') + "M" + words + std::string(2, '\0');
  return "E" + four_bytes(body.size() + 4) + body;
}

std::string reason_of_start(const std::string& url) {
  const auto started = open_postgres(secret(url))->migrate();
  return started ? "it started" : started.error().reason;
}

testing::AssertionResult names(const std::string& reason, const std::string& part) {
  if (reason.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << part << "\" is not in: " << reason;
}

struct worded {
  std::string answer;
  std::string message; // by PostgreSQL or libpq, passed on
  std::string to_do;   // what we add
};

TEST(PostgresWords, OfAnAttemptToConnectSayWhatToDo) {
  const std::vector<worded> rows = {
      {error_response("28P01", "password authentication failed for user \"ann\""),
       "password authentication failed", "check the user and the password in DATABASE_URL"},
      {error_response("28000", "no pg_hba.conf entry for host \"[local]\", user \"ann\""),
       "no pg_hba.conf entry", "allow this host, user and database in the server's pg_hba.conf"},
      {error_response("28000", "role \"ann\" does not exist"), "role \"ann\" does not exist",
       "make the user (CREATE ROLE"},
      {error_response("3D000", "database \"accounts\" does not exist"),
       "database \"accounts\" does not exist", "make the database (CREATE DATABASE"},
      {error_response("53300", "sorry, too many clients already"), "too many clients",
       "raise the server's max_connections, or lower DB_WRITERS and DB_READERS"},
      {error_response("53300", "too many connections for role \"ann\""), "too many connections",
       "raise the server's max_connections, or lower DB_WRITERS and DB_READERS"},
      {error_response("53300", "remaining connection slots are reserved for superusers"),
       "remaining connection slots", "raise the server's max_connections"},
      {error_response("57P03", "the database system is starting up"), "is starting up",
       "wait until PostgreSQL is up"},
      {error_response("57P03", "the database system is in recovery mode"), "is in recovery mode",
       "wait until PostgreSQL is up"},
      {"R" + four_bytes(8) + four_bytes(3), "no password supplied",
       "set AUTH_DB_PASSWORD, or put the password into DATABASE_URL"},
      {"", "server closed the connection unexpectedly", "check DATABASE_URL"},
  };
  for (const auto& row : rows) {
    const refusing_server server(row.answer);
    const auto reason = reason_of_start(server.url());
    EXPECT_TRUE(names(reason, row.message));
    EXPECT_TRUE(names(reason, "What to do: " + row.to_do));
  }
}

TEST(PostgresWords, OfNoServerSayWhatToDo) {
  const std::string start = "What to do: start PostgreSQL, or check the host and the port";
  EXPECT_TRUE(names(reason_of_start("postgresql://ann@/accounts?host=/nonexistent"), start));
  EXPECT_TRUE(names(reason_of_start("postgresql://ann@127.0.0.1:1/accounts"), start));
  const auto unknown = reason_of_start("postgresql://ann@no-such-host.invalid/accounts");
  EXPECT_TRUE(names(unknown, "its host name is not known"));
  EXPECT_TRUE(names(unknown, "check the host in DATABASE_URL"));
}

TEST(PostgresWords, OfAUserWhoMayMakeNoTablesHaveTheStatementThatHelps) {
  const auto url = make_postgres_database();
  const auto user = "limited-" + std::to_string(getpid()); // needs quotes
  pqxx::connection link(url);
  pqxx::nontransaction plain(link);
  plain.exec("CREATE ROLE \"" + user + "\" LOGIN");
  plain.exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  const auto at = url.find("//") + 2;
  const auto theirs = url.substr(0, at) + user + url.substr(url.find('@', at));
  const auto reason = reason_of_start(theirs);
  const auto grant = "GRANT USAGE, CREATE ON SCHEMA public TO \"" + user + "\";";
  EXPECT_TRUE(names(reason, grant));
  plain.exec(grant);
  EXPECT_EQ(reason_of_start(theirs), "it started");
  plain.exec("DROP OWNED BY \"" + user + "\"");
  plain.exec("DROP ROLE \"" + user + "\"");
}

TEST(PostgresWords, OfAServerThatIsReadOnlyNameTheWayToThePrimary) {
  const auto url = make_postgres_database();
  {
    pqxx::connection link(url);
    pqxx::nontransaction plain(link);
    plain.exec("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || "
               "' SET default_transaction_read_only = on'; END $$");
  }
  EXPECT_TRUE(names(reason_of_start(url), "target_session_attrs=read-write"));
}

} // namespace

} // namespace latchkey::test
