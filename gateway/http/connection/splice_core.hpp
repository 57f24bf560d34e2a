// splice_core.hpp — what the two directions of a splice share.
#pragma once

#include "gateway/http/connection/splice.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::http {

/// Kept by its directions until both have ended: what they wait for ends with the sockets.
struct splice::core : std::enable_shared_from_this<core>, private timer_wheel::entry {
  core(timer_wheel& wheel, taken_connection client, taken_connection upstream,
       splice_options options);

  void begin();
  void end(splice_end why) noexcept;

  splice_counts counts;
  splice_options options;

private:
  using bytes = std::unique_ptr<char[]>;

  struct direction {
    taken_connection& from;
    taken_connection& to;
    std::uint64_t& count;
    std::array<char, 512> first{}; // of a TLS record: larger memory comes once there is one
    bool is_stopped = false;       // what still comes is dropped
  };

  void begin(direction& flow, direction& back);
  awaitable<> pump(direction& flow, direction& back);
  awaitable<bool> pass_burst(direction& flow, direction& back);
  awaitable<bool> pass_record(direction& flow, direction& back);
  awaitable<bool> write(direction& flow, std::string_view piece);
  awaitable<bool> on_read_failed(const boost::system::error_code& error, direction& flow,
                                 direction& back);
  awaitable<> pass_end(direction& flow, direction& back);
  void on_moved();
  void on_pump_ended(bool has_thrown);
  static void on_expired(timer_wheel::entry& e) noexcept;

  timer_wheel& wheel_;
  taken_connection client_;
  taken_connection upstream_;
  direction up_{client_, upstream_, counts.to_upstream};
  direction down_{upstream_, client_, counts.to_client};
  std::optional<splice_end> end_;
  int running_ = 0;
  bool is_ending_ = false; // a TLS side gets close_notify and has a while to answer it
};

} // namespace latchkey::http
