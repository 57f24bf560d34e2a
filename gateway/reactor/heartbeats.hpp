// heartbeats.hpp — whether every reactor still has its turns: each beats once a second, and anybody
// may look when it last did.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace latchkey::gateway {

class heartbeats {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds every{1};
  /// One that is silent for longer is stuck: nothing that a reactor does in one go takes seconds.
  static constexpr std::chrono::seconds silent_max{5};

  explicit heartbeats(std::size_t reactors);
  ~heartbeats();
  heartbeats(const heartbeats&) = delete;
  heartbeats& operator=(const heartbeats&) = delete;

  /// The reactor of that index beats from now on, or no more. On its thread.
  void begin(std::size_t index, boost::asio::io_context& of_reactor);
  void end(std::size_t index);

  /// Whether each that has begun has beaten lately. From any thread.
  bool are_regular(clock::time_point now = clock::now()) const noexcept;

private:
  struct beat;
  std::vector<std::shared_ptr<beat>> beats_; // by index; what waits holds them weakly
};

} // namespace latchkey::gateway
