#include "tests/support/postgres_pair.hpp"

#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace latchkey::test {

namespace {

namespace fs = std::filesystem;

constexpr auto wait_max = std::chrono::seconds(60);
constexpr auto look_pause = std::chrono::milliseconds(10);

std::string program_path(const std::string& name) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(version.path() / "bin" / name)) found.push_back(version.path() / "bin" / name);
  if (found.empty()) throw std::runtime_error("no " + name + " under /usr/lib/postgresql");
  return *std::max_element(found.begin(), found.end());
}

/// Of whoever `spawn_as_postgres` runs programs as.
std::string make_folder() {
  // Short, because the path of a socket may have 107 characters only.
  std::string path = "/tmp/lk-pp-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  if (geteuid() != 0) return path;
  const auto* owner = getpwnam("postgres");
  if (owner == nullptr || chown(path.c_str(), owner->pw_uid, owner->pw_gid) != 0)
    throw std::runtime_error("cannot give the folder to postgres");
  return path;
}

std::string log_of(const std::string& folder) {
  std::ostringstream out;
  out << std::ifstream(folder + "/log").rdbuf();
  return out.str();
}

/// Asks the server of that folder, whether it accepts writes or not.
pqxx::result ask(const std::string& folder, const std::string& sql) {
  pqxx::connection session("host=" + folder + " user=postgres dbname=postgres");
  pqxx::nontransaction plain(session);
  return plain.exec(sql);
}

bool answers(const std::string& folder) {
  try {
    ask(folder, "SELECT 1");
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void await_true(const std::string& folder, const std::string& sql) {
  const auto give_up = std::chrono::steady_clock::now() + wait_max;
  while (!ask(folder, "SELECT " + sql)[0][0].as<bool>()) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("PostgreSQL never says " + sql + ": " + log_of(folder));
    std::this_thread::sleep_for(look_pause);
  }
}

int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return status;
}

std::string has_standby_that(const std::string& condition) {
  return "EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'walreceiver' AND " +
         condition + ")";
}

} // namespace

// -- the pair ----------------------------------------------------------------------------------

postgres_pair::postgres_pair() {
  make_primary();
  make_standby();
}

std::string postgres_pair::url(const std::string& database) const {
  return "postgresql://postgres@/" + database + "?host=" + hosts_[0].folder() + "," +
         hosts_[1].folder() + "&target_session_attrs=read-write";
}

std::string postgres_pair::make_database() {
  const auto name = "test_" + std::to_string(++databases_);
  ask(primary().folder(), "CREATE DATABASE " + name);
  return url(name);
}

void postgres_pair::fail_over(std::chrono::milliseconds downtime) {
  primary().stop_immediately();
  std::this_thread::sleep_for(downtime);
  primary_ = 1 - primary_;
  ask(primary().folder(), "SELECT pg_promote()");
  await_true(primary().folder(), "NOT pg_is_in_recovery()");
  make_standby();
}

void postgres_pair::make_primary() {
  // Its pg_hba.conf lets whoever comes by the socket replicate.
  primary().run("initdb", {"-D", primary().data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                           "--locale=C", "--no-sync"});
  primary().start();
}

void postgres_pair::make_standby() {
  fs::remove_all(standby().data());
  // The primary waits for nobody yet, so the copy will not either, should it become the primary.
  standby().run("pg_basebackup", {"-D", standby().data(), "-R", "-h", primary().folder(), "-U",
                                  "postgres", "-c", "fast", "--no-sync"});
  standby().start();
  await_true(primary().folder(), has_standby_that("state = 'streaming'"));
  make_commits_wait();
}

void postgres_pair::make_commits_wait() {
  const auto& folder = primary().folder();
  ask(folder, "ALTER SYSTEM SET synchronous_standby_names = 'walreceiver'");
  ask(folder, "SELECT pg_reload_conf()");
  await_true(folder, has_standby_that("sync_state = 'sync'"));
  // It is the checkpointer that tells the others to wait; it reads its settings before it works.
  ask(folder, "CHECKPOINT");
  // A commit that waits: what was committed before it is on the standby then.
  ask(folder, "SELECT pg_logical_emit_message(true, 'postgres_pair', '')");
}

// -- one of them -------------------------------------------------------------------------------

postgres_pair::host::host() : folder_(make_folder()) {}

postgres_pair::host::~host() {
  stop_immediately();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void postgres_pair::host::start() {
  // SIGQUIT is the postmaster's word for an immediate stop.
  process_ = spawn_as_postgres({program_path("postgres"), "-D", data(), "-k", folder_, "-h", "",
                                "-c", "max_connections=200", "-c", "log_min_messages=error", "-c",
                                "synchronous_commit=on", "-c", "wal_keep_size=512MB", "-c",
                                "recovery_init_sync_method=syncfs"},
                               folder_ + "/log", SIGQUIT);
  const auto give_up = std::chrono::steady_clock::now() + wait_max;
  while (!answers(folder_)) {
    const bool has_ended = waitpid(process_, nullptr, WNOHANG) == process_;
    if (has_ended) process_ = -1;
    if (has_ended || std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("PostgreSQL does not start: " + log_of(folder_));
    std::this_thread::sleep_for(look_pause);
  }
}

void postgres_pair::host::stop_immediately() {
  if (process_ <= 0) return;
  kill(process_, SIGQUIT);
  status_of(process_);
  process_ = -1;
}

void postgres_pair::host::run(const std::string& program,
                              const std::vector<std::string>& words) const {
  std::vector<std::string> line{program_path(program)};
  line.insert(line.end(), words.begin(), words.end());
  if (status_of(spawn_as_postgres(line, folder_ + "/log", SIGKILL)) != 0)
    throw std::runtime_error(program + " failed: " + log_of(folder_));
}

} // namespace latchkey::test
