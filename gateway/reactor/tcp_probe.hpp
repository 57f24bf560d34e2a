// tcp_probe.hpp — whether a host accepts connections. The system's resolver cannot be interrupted,
// so a detached thread asks it; the coroutine that waits for the answer waits no longer than the
// limit, and not beyond the prober's end.
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/reactor.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::gateway {

/// Whether a host (an address, IPv6 without brackets, or a hostname) accepts a TCP connection at
/// the port before the deadline; its addresses are tried one after another. Blocks: connecting ends
/// at the deadline, resolving when the system's resolver says so.
bool accepts_connections(const std::string& host, std::uint16_t port,
                         std::chrono::steady_clock::time_point deadline);

/// Asks at most once a second, and one question at a time. Everything here is used on the
/// reactor's thread alone.
class tcp_prober {
public:
  /// How long an answer stands, and how long it may take.
  static constexpr std::chrono::milliseconds answer_stands_for{1000};
  static constexpr std::chrono::milliseconds wait_max{1000};

  /// What is asked, on a thread of its own that may outlive this.
  using question = std::function<bool(std::chrono::steady_clock::time_point deadline)>;

  tcp_prober(reactor& home, question ask, std::chrono::milliseconds limit = wait_max);
  /// A coroutine that waits is destroyed, on the reactor but not from here.
  ~tcp_prober();
  tcp_prober(const tcp_prober&) = delete;
  tcp_prober& operator=(const tcp_prober&) = delete;

  /// The answer; false at the limit. Those who ask while another waits, or soon after,
  /// get the last answer.
  awaitable<bool> is_accepting();

private:
  struct flight;
  void begin();
  void land(bool accepts);

  reactor& home_;
  question ask_;
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point asked_{};
  bool last_ = true;
  std::shared_ptr<flight> flight_;      // the thread that is still asking
  std::function<void(bool)> waits_for_; // completes the coroutine that waits
};

} // namespace latchkey::gateway
