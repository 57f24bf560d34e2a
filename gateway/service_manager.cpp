#include "gateway/service_manager.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey::gateway {
namespace {

using clock = std::chrono::steady_clock;

/// A process that worked again a moment ago does not wait for the next half.
constexpr std::chrono::microseconds look_every_max{std::chrono::seconds{1}};

std::string_view variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// 0 when it is no number.
std::int64_t number_of(std::string_view text) {
  std::int64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? out : 0;
}

/// Whether the watchdog is meant for this process, and not for one that started it.
bool is_watched() {
  const auto process = variable("WATCHDOG_PID");
  return process.empty() || number_of(process) == ::getpid();
}

/// A path, or "@" and a name in the abstract namespace, where a zero stands for the "@". False when
/// it is too long.
bool fill_address(sockaddr_un& address, std::string_view name) {
  if (name.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  return true;
}

} // namespace

service_manager::service_manager() : socket_(variable("NOTIFY_SOCKET")) {
  if (!socket_.empty() && is_watched())
    watchdog_ =
        std::chrono::microseconds{std::max<std::int64_t>(number_of(variable("WATCHDOG_USEC")), 0)};
}

void service_manager::say(const std::string& lines) const {
  if (socket_.empty()) return;
  sockaddr_un address{};
  if (!fill_address(address, socket_))
    return log_warning("server", "NOTIFY_SOCKET is too long: ", socket_);
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const auto sent = ::sendto(sender, lines.data(), lines.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) log_warning("server", "the service manager cannot be told: ", std::strerror(errno));
  if (sender >= 0) ::close(sender);
}

void service_manager::say_status(std::string_view status) const {
  say("STATUS=" + std::string{status});
}

void service_manager::say_ready(std::string_view status) const {
  say("READY=1\nSTATUS=" + std::string{status});
}

void service_manager::say_stopping(std::string_view status) const {
  say("STOPPING=1\nSTATUS=" + std::string{status});
}

std::jthread service_manager::keep_watchdog(std::function<bool()> is_working) const {
  if (watchdog_.count() == 0) return {};
  return std::jthread([this, is_working = std::move(is_working)](std::stop_token ends) {
    const auto half = watchdog_ / 2;
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock{mutex};
    auto due = clock::now();
    do {
      if (clock::now() < due || !is_working()) continue;
      say("WATCHDOG=1");
      due = clock::now() + half;
    } while (!ended.wait_for(lock, ends, std::min(half, look_every_max),
                             [&ends] { return ends.stop_requested(); }));
  });
}

} // namespace latchkey::gateway
