// service_manager.hpp — what this process tells the service manager that started it, in systemd's
// words (sd_notify(3)): lines "NAME=value" in a datagram to the socket that NOTIFY_SOCKET names.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace latchkey::gateway {

class service_manager {
public:
  /// As the environment says: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without the first
  /// nothing is told to anybody.
  service_manager();

  /// What `systemctl status` shows.
  void say_status(std::string_view status) const;
  /// The server accepts.
  void say_ready(std::string_view status) const;
  /// It has been told to end.
  void say_stopping(std::string_view status) const;

  /// A thread that says at every half of WATCHDOG_USEC that the process works, as long as
  /// `is_working()`, until it is told to stop. The manager ends a process that does not say so.
  /// This must outlive it.
  [[nodiscard]] std::jthread keep_watchdog(std::function<bool()> is_working) const;

  /// Of WATCHDOG_USEC; 0: nobody waits for a word.
  std::chrono::microseconds watchdog() const noexcept { return watchdog_; }

private:
  void say(const std::string& lines) const;

  std::string socket_; // empty: there is no manager
  std::chrono::microseconds watchdog_{0};
};

} // namespace latchkey::gateway
