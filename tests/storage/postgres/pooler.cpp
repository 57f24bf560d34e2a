#include "tests/storage/postgres/pooler.hpp"

#include "tests/support/postgres_server.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/connection>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

namespace latchkey::test {

namespace {

constexpr auto answer_timeout = std::chrono::seconds(30);
constexpr auto answer_pause = std::chrono::milliseconds(10);

/// The folder of the server's socket, or its host.
std::string host_in(const std::string& url) {
  const auto at = url.find("host=") + 5;
  return url.substr(at, url.find('&', at) - at);
}

} // namespace

pooler::pooler(const std::string& url, const std::string& mode) {
  std::string pattern = "/tmp/lk-pooler-XXXXXX"; // short, as a socket's path must be
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
  folder_ = pattern;
  ::chmod(folder_.c_str(), 0777); // the pooler runs as another user
  std::ofstream(folder_ + "/settings.ini")
      << "[databases]\n* = host=" << host_in(url) << " user=postgres\n[pgbouncer]\nlisten_addr =\n"
      << "listen_port = 5432\nunix_socket_dir = " << folder_ << "\nauth_type = any\n"
      << "pool_mode = " << mode << "\ndefault_pool_size = 20\n";
  url_ = through_folder(url, folder_);
  process_ = spawn_as_postgres({"/usr/sbin/pgbouncer", folder_ + "/settings.ini"}, folder_ + "/log",
                               SIGKILL);
  const auto give_up = std::chrono::steady_clock::now() + answer_timeout;
  for (;;) {
    try {
      pqxx::connection link(url_);
      return;
    } catch (const std::exception& e) {
      int status = 0;
      const bool is_gone = waitpid(process_, &status, WNOHANG) == process_;
      if (is_gone) process_ = -1;
      if (is_gone || std::chrono::steady_clock::now() > give_up) {
        std::ostringstream log;
        log << std::ifstream(folder_ + "/log").rdbuf();
        throw std::runtime_error("PgBouncer does not answer: " + log.str() + e.what());
      }
    }
    std::this_thread::sleep_for(answer_pause);
  }
}

pooler::~pooler() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    int status = 0;
    while (waitpid(process_, &status, 0) == -1 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

} // namespace latchkey::test
