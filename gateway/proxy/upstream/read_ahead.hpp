// read_ahead.hpp — reads a request's body of unknown size for a moment before it is passed on: a
// body that ends meanwhile has a size.
#pragma once

#include "gateway/http/body/request_body.hpp"
#include "gateway/http/connection/server_core.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::proxy {

/// Made by make_shared, and used on the reactor's thread alone. While it reads, it keeps itself
/// and `body`.
class read_ahead final : public http::request_body {
public:
  using deadline_point = std::chrono::steady_clock::time_point;

  read_ahead(boost::asio::io_context& io, http::request_body& body);

  /// Reads until the end has come, more than `bytes_max` have, or `deadline` is over. True: all
  /// of the body is here, for `take_whole`. Fails as `body` does.
  awaitable<result<bool>> gather(std::size_t bytes_max, deadline_point deadline);
  std::string take_whole() { return std::move(held_); }

  /// What was read, then the rest, as it comes.
  awaitable<result<std::string_view>> next() override;
  std::optional<std::uint64_t> size() const noexcept override { return body_->size(); }

private:
  enum class source : unsigned char {
    has_more,
    has_ended,
    is_wrong,   // as `wrong_` says
    is_aborted, // the connection has gone, or the server is going
  };

  void ask();
  awaitable<> pull();
  awaitable<> wait(deadline_point deadline);
  void throw_if_aborted() const;

  boost::asio::io_context& io_;
  std::shared_ptr<http::request_body> body_;
  http::clock_timer wake_; // its end is the signal
  std::string held_;       // read and not given yet
  std::string given_;
  failure wrong_;
  bool is_asked_ = false;
  source source_ = source::has_more;
};

} // namespace latchkey::proxy
