#include "tests/support/postgres_server.hpp"

#include "tests/support/dependent_child.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <memory>
#include <optional>
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

constexpr auto start_timeout = std::chrono::seconds(60);
constexpr auto poll_pause = std::chrono::milliseconds(10);

/// PostgreSQL refuses to run as root; then it is `postgres` that runs it.
struct account {
  uid_t user;
  gid_t group;
};

std::optional<account> other_account() {
  if (geteuid() != 0) return std::nullopt;
  const auto* entry = getpwnam("postgres");
  if (entry == nullptr) throw std::runtime_error("there is no user postgres to run PostgreSQL as");
  return account{entry->pw_uid, entry->pw_gid};
}

fs::path find_program(const std::string& name) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(version.path() / "bin" / name)) found.push_back(version.path() / "bin" / name);
  return found.empty() ? fs::path() : *std::max_element(found.begin(), found.end());
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return status;
}

void create_database(const std::string& url, const std::string& name) {
  pqxx::connection link(url);
  pqxx::nontransaction plain(link);
  plain.exec("CREATE DATABASE " + name);
}

std::string with_database(const std::string& url, const std::string& name) {
  const auto host = url.find("//") + 2;
  const auto slash = url.find('/', host);
  const auto query = url.find('?', host);
  const auto front = url.substr(0, std::min(slash, query));
  return front + "/" + name + (query == std::string::npos ? "" : url.substr(query));
}

/// Databases on a server that is not ours.
class named_server {
public:
  explicit named_server(std::string url) : url_(std::move(url)) {
    // libpqxx makes statics at its first result. Had before this object is complete, they
    // outlive it, and its destructor may still use the library.
    pqxx::connection link(url_);
    pqxx::nontransaction(link).exec("SELECT 1");
  }
  ~named_server() {
    try {
      pqxx::connection link(url_);
      pqxx::nontransaction plain(link);
      for (const auto& name : made_)
        plain.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    } catch (const std::exception&) { // it may be gone already, and its databases with it
    }
  }
  std::string make_database() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    made_.push_back("latchkey_test_" + std::to_string(getpid()) + "_" + std::to_string(now));
    create_database(url_, made_.back());
    return with_database(url_, made_.back());
  }

private:
  std::string url_;
  std::vector<std::string> made_;
};

} // namespace

pid_t spawn_as_postgres(const std::vector<std::string>& words, const std::string& log,
                        int death_signal) {
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto account = other_account();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  // Between fork and exec: system calls only.
  if (account &&
      (setgroups(0, nullptr) != 0 || setgid(account->group) != 0 || setuid(account->user) != 0))
    _exit(126);
  depend_on(parent, death_signal);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(out, 1);
  dup2(out, 2);
  if (chdir("/") == 0) execv(arguments[0], arguments.data());
  _exit(127);
}

bool has_postgres() {
  return !find_program("initdb").empty();
}

postgres_server::postgres_server() {
  const auto initdb = find_program("initdb");
  if (initdb.empty()) throw std::runtime_error("no PostgreSQL server under /usr/lib/postgresql");
  // Short, because the path of a socket may have 107 characters only.
  std::string pattern = "/tmp/lk-pg-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  folder_ = pattern;
  if (const auto account = other_account();
      account && chown(folder_.c_str(), account->user, account->group) != 0)
    throw std::runtime_error("cannot give the folder to postgres");
  const auto made =
      wait_for(spawn_as_postgres({initdb, "-D", folder_ + "/data", "-U", "postgres", "-A", "trust",
                                  "-E", "UTF8", "--locale=C", "--no-sync"},
                                 folder_ + "/log", SIGKILL));
  if (made != 0) throw std::runtime_error("initdb failed: " + log());
  start();
}

postgres_server::~postgres_server() {
  stop_immediately();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void postgres_server::start() {
  // SIGQUIT is the postmaster's word for an immediate stop.
  process_ = spawn_as_postgres({find_program("postgres"), "-D", folder_ + "/data", "-k", folder_,
                                "-h", "", "-c", "max_connections=200", "-c",
                                "log_min_messages=error", "-c", "recovery_init_sync_method=syncfs"},
                               folder_ + "/log", SIGQUIT);
  wait_until_ready();
}

void postgres_server::stop_immediately() {
  if (process_ <= 0) return;
  kill(process_, SIGQUIT);
  wait_for(process_);
  process_ = -1;
}

/// The postmaster first, so that it starts no more of them.
void postgres_server::signal_all(int number) const {
  kill(process_, number);
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    // "pid (name) state parent …"
    std::istringstream rest(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string state;
    pid_t parent = 0;
    if (rest >> state >> parent && parent == process_)
      kill(static_cast<pid_t>(std::stol(entry.path().filename().string())), number);
  }
}

void postgres_server::freeze() {
  signal_all(SIGSTOP);
}

void postgres_server::thaw() {
  signal_all(SIGCONT);
}

void postgres_server::wait_until_ready() {
  const auto give_up = std::chrono::steady_clock::now() + start_timeout;
  while (std::chrono::steady_clock::now() < give_up) {
    try {
      pqxx::connection link("host=" + folder_ + " user=postgres dbname=postgres");
      return;
    } catch (const std::exception&) {
      int status = 0;
      if (waitpid(process_, &status, WNOHANG) == process_) {
        process_ = -1;
        break;
      }
      std::this_thread::sleep_for(poll_pause);
    }
  }
  throw std::runtime_error("PostgreSQL does not start: " + log());
}

std::string postgres_server::log() const {
  std::ifstream in(folder_ + "/log");
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string postgres_server::make_database() {
  const auto url = "postgresql://postgres@/postgres?host=" + folder_;
  const auto name = "test_" + std::to_string(++databases_);
  create_database(url, name);
  return with_database(url, name);
}

std::string make_postgres_database() {
  if (const char* url = std::getenv("LATCHKEY_TEST_POSTGRES_URL"); url != nullptr && *url != 0) {
    static named_server named{url};
    return named.make_database();
  }
  static postgres_server own;
  return own.make_database();
}

std::string through_folder(const std::string& url, const std::string& folder) {
  const auto at = url.find("host=");
  return url.substr(0, at) + "host=" + folder;
}

} // namespace latchkey::test
