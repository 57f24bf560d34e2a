#include "gateway/http/connection/splice.hpp"

#include "gateway/http/connection/splice_core.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <openssl/ssl.h>

namespace latchkey::http {
namespace {

constexpr std::size_t record_bytes_max = std::size_t{16} * 1024; // a TLS record's maximum
constexpr std::chrono::milliseconds tls_end_max{2'000};          // for a peer's close_notify

} // namespace

splice::core::core(timer_wheel& wheel, taken_connection client, taken_connection upstream,
                   splice_options with)
    : entry(&core::on_expired), options(std::move(with)), wheel_(wheel), client_(std::move(client)),
      upstream_(std::move(upstream)) {}

void splice::core::begin() {
  boost::system::error_code ignored;
  client_.socket().non_blocking(true, ignored);
  upstream_.socket().non_blocking(true, ignored);
  on_moved();
  begin(up_, down_);
  begin(down_, up_);
}

void splice::core::begin(direction& flow, direction& back) {
  ++running_;
  auto done = [self = shared_from_this()](const std::exception_ptr& thrown) {
    self->on_pump_ended(thrown != nullptr);
  };
  boost::asio::co_spawn(flow.from.socket().get_executor(), pump(flow, back), std::move(done));
}

void splice::core::end(splice_end why) noexcept {
  if (end_) return;
  end_ = why;
  cancel();
  boost::system::error_code ignored;
  client_.socket().close(ignored);
  upstream_.socket().close(ignored);
}

/// Of both sides it is the last to end that tells.
void splice::core::on_pump_ended(bool has_thrown) {
  if (has_thrown) end(splice_end::broken);
  if (--running_ > 0) return;
  end(splice_end::finished);
  boost::asio::post(client_.socket().get_executor(), [self = shared_from_this()] {
    const auto tell = std::exchange(self->options.on_ended, {});
    if (tell) tell(*self->end_, self->counts);
  });
}

void splice::core::on_moved() {
  if (is_ending_ || end_ || options.idle_max <= std::chrono::milliseconds::zero()) return;
  wheel_.schedule(*this, options.idle_max);
}

void splice::core::on_expired(timer_wheel::entry& e) noexcept {
  auto& self = static_cast<core&>(e);
  self.end(self.is_ending_ ? splice_end::finished : splice_end::idle);
}

/// What one side sends, to its end.
awaitable<> splice::core::pump(direction& flow, direction& back) {
  bool goes_on = true;
  if (!flow.from.received.empty()) {
    goes_on = co_await write(flow, flow.from.received);
    std::string{}.swap(flow.from.received);
  }
  while (goes_on && !end_ && !flow.is_stopped) {
    if (flow.from.tls)
      goes_on = co_await pass_record(flow, back);
    else
      goes_on = co_await pass_burst(flow, back);
  }
}

/// Waits without memory, then passes on until nothing is there. False: that was all.
awaitable<bool> splice::core::pass_burst(direction& flow, direction& back) {
  boost::system::error_code error;
  auto& from = flow.from.plain;
  co_await from.async_wait(tcp_socket::wait_read,
                           boost::asio::redirect_error(use_awaitable, error));
  if (error || end_) co_return false; // it is closed
  const auto piece = std::make_unique_for_overwrite<char[]>(record_bytes_max);
  while (!end_ && !flow.is_stopped) {
    const auto count = from.read_some(boost::asio::buffer(piece.get(), record_bytes_max), error);
    if (error == boost::asio::error::would_block) co_return true;
    if (error) co_return co_await on_read_failed(error, flow, back);
    const bool is_written = co_await write(flow, std::string_view(piece.get(), count));
    if (!is_written) co_return false;
  }
  co_return false;
}

/// The same for what comes in records: of one that is larger than `first`, the rest is there.
awaitable<bool> splice::core::pass_record(direction& flow, direction& back) {
  boost::system::error_code error;
  auto& from = *flow.from.tls;
  const auto room = boost::asio::buffer(flow.first.data(), flow.first.size());
  std::size_t count =
      co_await from.async_read_some(room, boost::asio::redirect_error(use_awaitable, error));
  if (error) co_return co_await on_read_failed(error, flow, back);
  if (end_ || flow.is_stopped) co_return false;
  if (SSL_pending(from.native_handle()) == 0)
    co_return co_await write(flow, std::string_view(flow.first.data(), count));
  const auto piece = std::make_unique_for_overwrite<char[]>(record_bytes_max);
  std::copy_n(flow.first.data(), count, piece.get());
  count +=
      from.read_some(boost::asio::buffer(piece.get() + count, record_bytes_max - count), error);
  if (error) co_return co_await on_read_failed(error, flow, back);
  co_return co_await write(flow, std::string_view(piece.get(), count));
}

awaitable<bool> splice::core::write(direction& flow, std::string_view piece) {
  boost::system::error_code error;
  const auto buffer = boost::asio::buffer(piece.data(), piece.size());
  auto token = boost::asio::redirect_error(use_awaitable, error);
  if (options.gate.is_open && !options.gate.is_open()) {
    const bool may_pass = co_await options.gate.opening();
    if (!may_pass) end(splice_end::closed);
    if (end_) co_return false;
  }
  on_moved();
  if (flow.to.tls)
    flow.count += co_await boost::asio::async_write(*flow.to.tls, buffer, token);
  else
    flow.count += co_await boost::asio::async_write(flow.to.plain, buffer, token);
  on_moved();
  if (error) end(splice_end::broken);
  co_return !error;
}

/// Always false.
awaitable<bool> splice::core::on_read_failed(const boost::system::error_code& error,
                                             direction& flow, direction& back) {
  if (flow.is_stopped || end_) co_return false;
  if (error == boost::asio::error::eof)
    co_await pass_end(flow, back);
  else
    end(splice_end::broken);
  co_return false;
}

/// TLS cannot be half closed without losing what the peer still says.
awaitable<> splice::core::pass_end(direction& flow, direction& back) {
  boost::system::error_code ignored;
  if (!flow.to.tls) {
    flow.to.plain.shutdown(tcp_socket::shutdown_send, ignored);
    co_return;
  }
  back.is_stopped = true;
  is_ending_ = true;
  wheel_.schedule(*this, tls_end_max);
  co_await flow.to.tls->async_shutdown(boost::asio::redirect_error(use_awaitable, ignored));
}

splice::splice(timer_wheel& wheel, taken_connection client, taken_connection upstream,
               splice_options options)
    : core_(std::make_shared<core>(wheel, std::move(client), std::move(upstream),
                                   std::move(options))) {
  core_->begin();
}

splice::~splice() {
  core_->options.on_ended = {};
  close();
}

void splice::close() noexcept {
  core_->end(splice_end::closed);
}

const splice_counts& splice::counts() const noexcept {
  return core_->counts;
}

} // namespace latchkey::http
