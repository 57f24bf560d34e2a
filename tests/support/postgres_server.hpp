// postgres_server.hpp — a private PostgreSQL for tests: its own folder, a unix socket in it,
// no port. It dies with the process that started it, however that one ends.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

/// Whether the programs of a PostgreSQL server are installed.
bool has_postgres();

class postgres_server {
public:
  /// Makes a cluster in a temporary folder and starts it with fsync on. Throws
  /// std::runtime_error with the server's own words when that fails. Must be called on the
  /// main thread: the server ends when the thread that started it does.
  postgres_server();
  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// A fresh, empty database; answers its URL.
  std::string make_database();
  /// As `pg_ctl stop -m immediate`: nothing is flushed, as in a crash.
  void stop_immediately();
  /// None of its processes runs until `thaw`.
  void freeze();
  void thaw();
  /// After a stop. Returns when the server answers.
  void start();
  /// The folder of its socket: what a URL's `host` is.
  const std::string& socket_folder() const { return folder_; }
  /// What it has said so far: errors, with the statements that they are of.
  std::string log() const;

private:
  void wait_until_ready();
  void signal_all(int number) const;

  std::string folder_;
  pid_t process_ = -1;
  int databases_ = 0;
};

/// A fresh, empty database on the server that LATCHKEY_TEST_POSTGRES_URL names, else on one
/// that is started now and shared by the process; answers its URL. Databases made on a named
/// server are dropped at exit.
std::string make_postgres_database();

/// Starts a program of PostgreSQL's kind, which refuses to run as root: then as its own user. Its
/// output is appended to `log`; `death_signal` is what it gets when this thread ends.
pid_t spawn_as_postgres(const std::vector<std::string>& words, const std::string& log,
                        int death_signal);

/// `url` with another socket folder, for a proxy between.
std::string through_folder(const std::string& url, const std::string& folder);

} // namespace latchkey::test
