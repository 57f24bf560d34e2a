#include "tests/support/smtp_server.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* python = "/usr/bin/python3"; // Debian's, which has its python3-aiosmtpd
constexpr int start_wait_ms = 60'000;

} // namespace

std::string received_mail::header(const std::string& name) const {
  const auto head = "\r\n" + data.substr(0, data.find("\r\n\r\n") + 2);
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto first = at + 2 + name.size() + 2;
  auto end = head.find("\r\n", first);
  std::string value;
  for (auto begin = first;; begin = end + 2, end = head.find("\r\n", begin)) {
    value += head.substr(begin, end - begin);
    if (end + 2 >= head.size() || head[end + 2] != ' ') return value;
  }
}

std::string received_mail::body() const {
  const auto at = data.find("\r\n\r\n");
  return at == std::string::npos ? "" : data.substr(at + 4);
}

smtp_server::smtp_server(std::vector<std::string> options) : options_(std::move(options)) {
  auto pattern = (fs::temp_directory_path() / "latchkey-smtp-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  start();
}

smtp_server::~smtp_server() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void smtp_server::start() {
  std::vector<std::string> words{python, LATCHKEY_SMTP_SERVER, folder_, std::to_string(port_)};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto log = folder_ + "/log"; // of failed handshakes, which some tests want
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  process_ = fork();
  if (process_ == 0) { // between fork and exec: system calls only
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file >= 0) dup2(file, STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(python, arguments.data());
    _exit(127);
  }
  close(ends[1]);
  std::string line;
  pollfd ready{ends[0], POLLIN, 0};
  while (line.find('\n') == std::string::npos && poll(&ready, 1, start_wait_ms) == 1) {
    std::array<char, 64> part{};
    const auto size = read(ends[0], part.data(), part.size());
    if (size <= 0) break;
    line.append(part.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  if (line.find('\n') == std::string::npos)
    throw std::runtime_error("the mail server did not start (is python3-aiosmtpd installed?)");
  port_ = static_cast<std::uint16_t>(std::stoi(line));
}

void smtp_server::stop() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void smtp_server::plan(const std::string& stage, const std::string& reply) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%06d", ++planned_);
  const auto unfinished = folder_ + "/next";
  std::ofstream(unfinished) << reply;
  fs::rename(unfinished, folder_ + "/plan-" + stage + "-" + number.data());
}

bool smtp_server::is_hanging() const {
  return fs::exists(folder_ + "/hanging");
}

std::size_t smtp_server::replies_left() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fs::directory_iterator(folder_), [](const auto& entry) {
        return entry.path().filename().string().starts_with("plan-");
      }));
}

std::vector<received_mail> smtp_server::received() const {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  std::vector<received_mail> out;
  for (const auto& path : paths) {
    std::ifstream file(path);
    const auto mail = nlohmann::json::parse(file);
    out.push_back({mail["from"], mail["to"], mail["data"], mail["user"], mail["greeting"]});
  }
  return out;
}

} // namespace latchkey::test
