// incoming_body.hpp — the body of a connection's present request, read as its handler asks for it.
#pragma once

#include "gateway/http/body/request_body.hpp"
#include "gateway/http/connection/server_core.hpp"
#include "gateway/http/message/header_guard.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::http {

/// Reads what its connection would read, and only while it is asked. The connection waits in end()
/// for a question that is under way before it goes on, or away.
class incoming_body final : public request_body, private timer_wheel::entry {
public:
  explicit incoming_body(http_connection& connection);

  awaitable<result<std::string_view>> next() override;
  std::optional<std::uint64_t> size() const noexcept override { return size_; }

  /// Before the answer's head is written: nothing of its own is on its way out any more.
  awaitable<> begin_answer();
  /// Ends next(), the one under way and every later one, which throws.
  awaitable<> end();
  /// The same when nothing runs any more.
  void detach() noexcept;

private:
  class question;
  /// What next() waits for.
  enum class waiting : unsigned char {
    none,
    for_client,
    for_continue, // "100 Continue" is written first
  };
  bool is_asked() const noexcept { return waits_ != waiting::none; }
  bool is_continuing() const noexcept { return waits_ == waiting::for_continue; }

  progress take();
  awaitable<> fill();
  awaitable<> say_continue();
  awaitable<> wait();
  static void on_expired(timer_wheel::entry& e) noexcept;
  void give_up() noexcept;

  http_connection* connection_; // nullptr after its end
  const std::optional<std::uint64_t> size_;
  clock_timer wake_; // never expires; its end is the signal
  std::string piece_;
  error_code refusal_ = error_code::none;
  timer_wheel::clock::duration patience_; // left, until bytes_max bytes have come
  std::size_t counted_ = 0;               // bytes that came since it was full
  waiting waits_ = waiting::none;
  bool has_answer_ = false; // whose head is written, or is going to be
  bool is_over_ = false;
  bool timed_out_ = false;
};

} // namespace latchkey::http
