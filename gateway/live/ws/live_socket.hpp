// live_socket.hpp — one WebSocket after its handshake: reads, writes, pings and closes it.
//
// What is idle costs a descriptor and this object: Asio waits for the bare socket to become
// readable, a parser and a buffer are lent by the reactor while bytes are looked at, and a queue
// is there only while the peer is slower than we are.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/live/ws/close_code.hpp"
#include "gateway/live/ws/frame.hpp"
#include "gateway/live/ws/outgoing_queue.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::ws {

class frame_reader;
class socket_home;

/// Everything is called on the socket's reactor. Kept by a shared_ptr: what waits for it to
/// become readable or writable holds one too. Any call may close it and so call `on_closed`.
class live_socket : public std::enable_shared_from_this<live_socket>, private timer_wheel::entry {
public:
  using steady_point = std::chrono::steady_clock::time_point;

  live_socket(socket_home& home, http::taken_connection&& connection);
  live_socket(const live_socket&) = delete;
  live_socket& operator=(const live_socket&) = delete;
  virtual ~live_socket();

  /// Begins to read: first what came behind the handshake. Once.
  void start();

  /// Sends a frame, at once if the peer keeps up. `status_of` as in outgoing_queue. One that
  /// finds no room closes the socket (4003). Nothing is sent once it is closing.
  void send(frame bytes, outgoing_queue::workflow_number status_of = 0);

  /// Sends what waits and then a close frame. A peer that does not close in return is cut off. One
  /// that is closing already goes on, but has no more time than it would have now.
  void close(close_code code, std::string_view reason);

  /// Drops what waits, sends `last` (if there is one) and a close frame, and nothing more: when
  /// `done` is called, nothing else will ever be sent. A peer that would have to be waited for
  /// is cut off without them. `done` is called once, maybe before this returns.
  void end(frame last, close_code code, std::string_view reason, std::function<void()> done = {});

  /// Closes it without a word.
  void cut_off();

  /// Until either side begins to close.
  bool is_open() const noexcept { return state_ == state::open; }

  /// When `on_timer` is wanted; it takes the place of what was asked before.
  void wake_at(steady_point when);

  /// Calls back when all that waits has been sent, or never will be; at once if nothing waits.
  void when_sent(std::function<void()> then);

protected:
  /// A text message has come.
  virtual void on_text(std::string_view text) = 0;
  /// The time given to `wake_at` has come.
  virtual void on_timer() = 0;
  /// It is closed, and nothing else is called. It may be let go.
  virtual void on_closed() = 0;
  /// Whether more may be read now. After false, call `read_on` later.
  virtual bool wants_more() const = 0;
  void read_on();
  /// Under TLS all that is sent is waited for, so that one who asks quickly would be read faster
  /// than answered: while much waits, nothing is read, and nothing that was read should be
  /// answered until `on_caught_up`.
  bool is_behind() const;
  virtual void on_caught_up() = 0;
  /// Whether frames may leave that waited for the peer. After false, call `go_out` later.
  virtual bool may_go_out() { return true; }
  void go_out();

private:
  enum class state : std::uint8_t {
    open,
    closing, // a close frame waits to be sent
    half,    // it was sent: it is the peer's turn to close
    closed
  };

  http::tcp_socket& socket() noexcept { return tls_ ? tls_->next_layer() : plain_; }
  // -- reading: live_socket.cpp
  void await_bytes();
  void read_plain();
  void read_tls();
  void take(std::string_view bytes);
  // -- writing: live_socket_write.cpp
  std::size_t write_now(std::string_view bytes);
  bool push(frame bytes, outgoing_queue::workflow_number status_of);
  void flush();
  void flush_if_allowed();
  void flush_tls();
  void await_room();
  void all_sent();
  void tell_sent();
  void half_close();
  // -- time: live_socket.cpp
  void arm();
  static void on_expired(timer_wheel::entry& e) noexcept;
  void on_time();
  void ping_if_silent(steady_point now);

  socket_home& home_;
  http::tcp_socket plain_;
  std::unique_ptr<http::tls_stream> tls_;
  std::string bytes_; // came behind the handshake; later, under TLS alone, what is read
  std::unique_ptr<frame_reader> reader_;  // while a message is incomplete
  std::unique_ptr<outgoing_queue> queue_; // while something waits to be sent
  std::string in_tls_;                    // being sent under TLS
  std::vector<std::function<void()>> when_sent_;
  steady_point received_at_;
  steady_point pinged_at_{};
  steady_point wake_at_ = steady_point::max();
  steady_point end_by_ = steady_point::max(); // whatever the peer does
  state state_ = state::open;
  bool is_pinged_ = false; // since something came last
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool has_failed_ = false; // nothing more can be sent
};

} // namespace latchkey::ws
