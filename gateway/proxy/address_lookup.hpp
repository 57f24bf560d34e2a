// address_lookup.hpp — the addresses of one upstream. The system's resolver cannot be
// interrupted, so a thread that belongs to nobody asks it, one at a time; private to the proxy.
#pragma once

#include "gateway/proxy/turn_queue.hpp"
#include "protocol/result.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::proxy {

/// Used on the reactor's thread alone.
class address_lookup {
public:
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using deadline_point = std::chrono::steady_clock::time_point;
  /// What is asked, on a thread of its own that may outlive this; empty: there are none.
  using question = std::function<endpoints(const std::string& host, std::uint16_t port)>;

  /// How long an answer stands.
  static constexpr std::chrono::milliseconds stands_for{5'000};

  address_lookup(boost::asio::io_context& io, std::string host, std::uint16_t port,
                 question ask = {}); // empty: the system's resolver
  /// Whoever waits must have gone, or be called by `close`.
  ~address_lookup();
  address_lookup(const address_lookup&) = delete;
  address_lookup& operator=(const address_lookup&) = delete;

  /// The addresses; empty when there are none, or none are known at the deadline.
  awaitable<endpoints> find(deadline_point deadline);
  void close() { waiting_.call_all(); }

private:
  struct flight;
  void begin();
  void land(endpoints found);

  boost::asio::io_context& io_;
  const std::string host_;
  const std::uint16_t port_;
  const question ask_;
  bool is_numeric_ = false;
  endpoints known_;
  deadline_point found_at_{};
  turn_queue waiting_;
  std::shared_ptr<flight> flight_; // the thread that is still asking
};

} // namespace latchkey::proxy
