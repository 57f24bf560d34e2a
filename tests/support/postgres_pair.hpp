// postgres_pair.hpp — a primary PostgreSQL and its synchronous standby for tests: a commit that was
// acked is on both. Each has a folder of its own with a unix socket in it, and no port. They die
// with the process that started them, however that one ends.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

class postgres_pair {
public:
  /// Starts both, with fsync on. Throws std::runtime_error with their own words when that fails.
  /// Must be called on the main thread, as `fail_over`: a server ends when the thread that started
  /// it does.
  postgres_pair();

  /// Names both hosts: whoever connects is led to the one that accepts writes.
  std::string url(const std::string& database) const;
  /// A fresh, empty database; answers its URL.
  std::string make_database();
  /// The primary crashes; after `downtime` its standby is promoted, and what was the primary is
  /// made anew as the standby of that one. Without a standby the new primary commits alone. Returns
  /// when commits are on both again.
  void fail_over(std::chrono::milliseconds downtime = {});

private:
  /// One server, if it runs, and its folder, which goes with it.
  class host {
  public:
    host();
    ~host();
    host(const host&) = delete;
    host& operator=(const host&) = delete;

    const std::string& folder() const noexcept { return folder_; }
    std::string data() const { return folder_ + "/data"; }
    /// Returns when it answers.
    void start();
    /// As `pg_ctl stop -m immediate`: nothing is flushed, as in a crash.
    void stop_immediately();
    /// Runs a program of PostgreSQL to its end.
    void run(const std::string& program, const std::vector<std::string>& words) const;

  private:
    std::string folder_;
    pid_t process_ = -1;
  };

  host& primary() { return hosts_[primary_]; }
  host& standby() { return hosts_[1 - primary_]; }

  void make_primary();
  /// A copy of the primary, which waits for it with each commit from then on.
  void make_standby();
  void make_commits_wait();

  std::array<host, 2> hosts_;
  std::size_t primary_ = 0;
  int databases_ = 0;
};

} // namespace latchkey::test
