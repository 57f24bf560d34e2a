#include "gateway/live/ws/live_socket.hpp"

#include "gateway/live/ws/frame_reader.hpp"
#include "gateway/live/ws/socket_home.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

namespace latchkey::ws {
namespace {

using boost::asio::socket_base;

/// Reads of one socket before others have their turn.
constexpr int reads_per_turn_max = 4;

constexpr std::size_t tls_input_bytes = std::size_t{4} << 10;

} // namespace

live_socket::live_socket(socket_home& home, http::taken_connection&& connection)
    : entry(&live_socket::on_expired), home_(home), plain_(std::move(connection.plain)),
      tls_(std::move(connection.tls)), bytes_(std::move(connection.received)),
      received_at_(std::chrono::steady_clock::now()) {}

live_socket::~live_socket() = default;

void live_socket::start() {
  arm();
  const auto keep = shared_from_this();
  is_reading_ = true; // nobody else begins meanwhile
  const auto first = std::exchange(bytes_, {});
  if (!first.empty()) take(first);
  if (tls_) bytes_.resize(tls_input_bytes);
  is_reading_ = false;
  read_on();
}

// -- reading ---------------------------------------------------------------------------------

void live_socket::read_on() {
  if (is_reading_ || state_ == state::closed || has_failed_) return;
  if (state_ == state::open && (is_behind() || !wants_more())) return;
  is_reading_ = true;
  await_bytes();
}

bool live_socket::is_behind() const {
  return tls_ && queue_ && queue_->size() >= home_.allowed().queue.frames / 4;
}

void live_socket::await_bytes() {
  if (tls_) return read_tls();
  plain_.async_wait(socket_base::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& failed) {
                      if (failed || self->state_ == state::closed) return self->cut_off();
                      self->read_plain();
                    });
}

void live_socket::read_plain() {
  for (int i = 0; i < reads_per_turn_max; ++i) {
    boost::system::error_code failed;
    const auto into = home_.buffer();
    const auto size = plain_.read_some(boost::asio::buffer(into.data(), into.size()), failed);
    if (failed == boost::asio::error::would_block) break;
    if (failed) return cut_off();
    take({into.data(), size});
    if (state_ == state::closed) return;
    if (size < into.size()) break;
  }
  is_reading_ = false;
  read_on();
}

void live_socket::read_tls() {
  tls_->async_read_some(
      boost::asio::buffer(bytes_),
      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
        if (failed || self->state_ == state::closed) return self->cut_off();
        self->take(std::string_view{self->bytes_}.substr(0, size));
        if (self->state_ == state::closed) return;
        self->is_reading_ = false;
        self->read_on();
      });
}

void live_socket::take(std::string_view bytes) {
  received_at_ = std::chrono::steady_clock::now();
  is_pinged_ = false;
  if (state_ != state::open) return; // what comes behind our close frame is nobody's
  if (!reader_) reader_ = home_.lend_reader();
  const auto came = reader_->read(bytes, [this](std::string_view text) {
    on_text(text);
    return state_ == state::open;
  });
  if (state_ != state::open) return reader_.reset();
  if (!came.reply.empty()) send(std::make_shared<const std::string>(came.reply));
  if (state_ != state::open) return reader_.reset();
  if (came.has_ended) {
    // The reply had our close frame.
    reader_.reset();
    state_ = state::closing;
    end_by_ = received_at_ + home_.close_within();
    arm();
    if (!queue_ && !is_writing_) half_close();
  } else if (reader_->is_idle()) {
    home_.take_back(std::move(reader_));
  }
}

// -- time ------------------------------------------------------------------------------------

void live_socket::wake_at(steady_point when) {
  wake_at_ = when;
  if (state_ != state::closed) arm();
}

void live_socket::arm() {
  const auto& allowed = home_.allowed();
  auto due = std::min(wake_at_, end_by_);
  if (state_ == state::open)
    due = std::min(due, is_pinged_ ? pinged_at_ + allowed.pong_within
                                   : received_at_ + allowed.ping_every);
  const auto now = std::chrono::steady_clock::now();
  home_.timers().schedule(*this, std::max(due - now, timer_wheel::clock::duration::zero()));
}

void live_socket::on_expired(timer_wheel::entry& e) noexcept {
  const auto keep = static_cast<live_socket&>(e).shared_from_this();
  keep->on_time();
}

void live_socket::on_time() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= end_by_) return cut_off();
  if (now >= wake_at_ && state_ == state::open) {
    wake_at_ = steady_point::max();
    on_timer();
  }
  if (state_ == state::open) ping_if_silent(now);
  if (state_ != state::closed) arm();
}

void live_socket::ping_if_silent(steady_point now) {
  const auto& allowed = home_.allowed();
  if (is_pinged_) {
    // While the socket is not read, no pong can arrive, unless the peer is too slow itself.
    if (!is_reading_ && !is_behind()) received_at_ = now, is_pinged_ = false;
    if (is_pinged_ && now >= pinged_at_ + allowed.pong_within)
      close(close_code::policy, "no answer to a ping");
    return;
  }
  if (now < received_at_ + allowed.ping_every) return;
  is_pinged_ = true;
  pinged_at_ = now;
  send(ping_frame());
}

} // namespace latchkey::ws
