// live_socket_write.cpp — how frames leave, and how a socket is closed.
#include "gateway/http/connection/tls.hpp"
#include "gateway/live/ws/frame_reader.hpp"
#include "gateway/live/ws/live_socket.hpp"
#include "gateway/live/ws/socket_home.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace latchkey::ws {

using boost::asio::socket_base;

namespace {

/// How long an end may wait for the peer where it cannot be tried without waiting.
constexpr std::chrono::seconds tls_end_within{1};

/// What is given to TLS at once: its longest record (RFC 8446, 5.1).
constexpr std::size_t tls_output_bytes = std::size_t{16} << 10;

} // namespace

// -- sending ---------------------------------------------------------------------------------

void live_socket::send(frame bytes, outgoing_queue::workflow_number status_of) {
  if (state_ != state::open || has_failed_) return;
  if (push(std::move(bytes), status_of)) return;
  end({}, close_code::slow_consumer, "slow consumer");
}

/// False: there is no room.
bool live_socket::push(frame bytes, outgoing_queue::workflow_number status_of) {
  std::size_t sent = 0;
  if (!tls_ && !queue_) {
    sent = write_now(*bytes);
    if (sent == bytes->size() || has_failed_) return true;
  }
  if (!queue_) queue_ = std::make_unique<outgoing_queue>(home_.allowed().queue);
  if (!queue_->push(std::move(bytes), status_of)) return false;
  if (sent > 0) queue_->sent(sent);
  if (!is_writing_) flush();
  return true;
}

/// What the system takes without waiting.
std::size_t live_socket::write_now(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    boost::system::error_code failed;
    const auto rest = bytes.substr(sent);
    sent += plain_.write_some(boost::asio::buffer(rest.data(), rest.size()), failed);
    if (failed == boost::asio::error::would_block) return sent;
    if (failed) {
      // The reader hears of it too, and closes.
      has_failed_ = true;
      end_by_ = std::chrono::steady_clock::now();
      arm();
      return sent;
    }
  }
  return sent;
}

void live_socket::flush() {
  if (tls_) return flush_tls();
  while (queue_ && !queue_->is_empty() && !has_failed_) {
    const auto first = queue_->front();
    const auto sent = write_now(first);
    const bool is_all = sent == first.size();
    if (sent > 0) queue_->sent(sent);
    if (!is_all && !has_failed_) return await_room();
  }
  all_sent();
}

void live_socket::await_room() {
  if (std::exchange(is_writing_, true)) return;
  plain_.async_wait(socket_base::wait_write,
                    [self = shared_from_this()](const boost::system::error_code& failed) {
                      self->is_writing_ = false;
                      if (self->state_ == state::closed || self->state_ == state::half) return;
                      if (failed) return self->cut_off();
                      self->flush_if_allowed();
                    });
}

void live_socket::flush_if_allowed() {
  const bool has_frames = queue_ && !queue_->is_empty();
  if (state_ != state::open || !has_frames || may_go_out()) flush();
}

void live_socket::go_out() {
  if (state_ == state::open && queue_ && !is_writing_) flush();
}

void live_socket::flush_tls() {
  if (!queue_ || queue_->is_empty()) return all_sent();
  // A copy: what is under way must not be dropped.
  in_tls_.clear();
  do {
    const auto first = queue_->front();
    in_tls_.append(first);
    queue_->sent(first.size());
  } while (!queue_->is_empty() && in_tls_.size() + queue_->front().size() <= tls_output_bytes);
  is_writing_ = true;
  boost::asio::async_write(
      *tls_, boost::asio::buffer(in_tls_),
      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
        self->is_writing_ = false;
        if (self->state_ == state::closed) return;
        if (failed) return self->cut_off();
        self->flush_if_allowed();
      });
  if (state_ == state::open && !is_behind()) on_caught_up();
}

void live_socket::all_sent() {
  if (queue_) home_.overtaken().add(queue_->overtaken());
  queue_.reset();
  std::string{}.swap(in_tls_);
  if (state_ == state::closing) return half_close(); // which tells
  tell_sent();
}

void live_socket::when_sent(std::function<void()> then) {
  if (state_ == state::closed || (!queue_ && !is_writing_)) return then();
  when_sent_.push_back(std::move(then));
}

void live_socket::tell_sent() {
  for (auto& tell : std::exchange(when_sent_, {}))
    tell();
}

// -- closing ---------------------------------------------------------------------------------

void live_socket::close(close_code code, std::string_view reason) {
  if (state_ == state::closed) return;
  if (state_ != state::open) { // it has been asked to; maybe there is less time now
    end_by_ = std::min(end_by_, std::chrono::steady_clock::now() + home_.close_within());
    return arm();
  }
  const auto keep = shared_from_this();
  const bool has_room = has_failed_ || push(close_frame(code, reason), 0);
  if (!has_room) return cut_off();
  state_ = state::closing;
  end_by_ = std::chrono::steady_clock::now() + home_.close_within();
  arm();
  if (!queue_ && !is_writing_) half_close();
}

void live_socket::end(frame last, close_code code, std::string_view reason,
                      std::function<void()> done) {
  const auto keep = shared_from_this();
  if (done) when_sent_.push_back(std::move(done));
  if (state_ == state::half || state_ == state::closed) return tell_sent();
  if (queue_) queue_->drop_unbegun();
  const bool was_open = std::exchange(state_, state::closing) == state::open;
  end_by_ = std::chrono::steady_clock::now() + tls_end_within;
  arm();
  if (!was_open || has_failed_) return cut_off(); // a close frame was sent, or was dropped now
  auto both = std::make_shared<std::string>(last ? *last : std::string{});
  both->append(*close_frame(code, reason));
  if (!push(std::move(both), 0)) return cut_off();
  if (tls_) return; // it calls back
  if (queue_) flush();
  if (state_ != state::closing) return;
  if (queue_) return cut_off();
  half_close();
}

void live_socket::half_close() {
  boost::system::error_code failed;
  if (tls_) http::send_close_notify(*tls_);
  socket().shutdown(socket_base::shutdown_send, failed);
  if (failed) return cut_off();
  state_ = state::half;
  end_by_ = std::chrono::steady_clock::now() + home_.close_within();
  arm();
  tell_sent();
  if (state_ == state::half) read_on();
}

void live_socket::cut_off() {
  if (state_ == state::closed) return;
  const auto keep = shared_from_this();
  state_ = state::closed;
  cancel();
  boost::system::error_code ignored;
  socket().close(ignored);
  if (queue_) home_.overtaken().add(queue_->overtaken());
  queue_.reset();
  tell_sent();
  on_closed();
}

} // namespace latchkey::ws
