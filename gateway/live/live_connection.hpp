// live_connection.hpp — a live socket of a user: hands its messages to conversations, a few at a
// time.
#pragma once

#include "gateway/live/socket_registry.hpp"
#include "gateway/live/ws/live_socket.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::gateway {

class live_connection final : public ws::live_socket {
public:
  /// Conversations of one socket at a time; further messages wait, and meanwhile the socket is
  /// not read.
  static constexpr unsigned conversations_max = 16;
  /// After so many messages in a row over the rate limit the socket is closed (1008).
  static constexpr unsigned refused_in_a_row_max = 100;

  live_connection(socket_registry& owner, socket_registry::socket_number number,
                  live_session& session, http::taken_connection&& connection)
      : live_socket(owner.home_, std::move(connection)), owner_(owner), number_(number),
        session_(session) {}

  socket_registry::socket_number number() const noexcept { return number_; }
  live_session& session() noexcept { return session_; }
  /// The session's user, by the token that ends at `expires_at`.
  principal caller() const;

  /// The token ends then, in seconds since the epoch.
  void set_expiry(std::int64_t expires_at);
  /// A message has been answered.
  void finish();

protected:
  void on_text(std::string_view text) override;
  void on_timer() override;
  void on_closed() override { owner_.closed(*this); }
  bool wants_more() const override { return under_way_ < conversations_max && !waiting_; }
  void on_caught_up() override { go_on(); }
  bool may_go_out() override;

private:
  void go_on();
  /// Once its session is believed.
  void begin(std::string_view text);
  void begin_now(std::string_view text);
  bool may_say_more(const std::string& id);
  void end_expired();

  socket_registry& owner_;
  const socket_registry::socket_number number_;
  live_session& session_;
  std::int64_t expires_at_ = 0;
  time_point end_when_{}; // the same by the steady clock
  unsigned under_way_ = 0;
  unsigned refused_in_a_row_ = 0;
  bool is_told_of_expiry_ = false;
  bool is_going_on_ = false;
  std::unique_ptr<std::deque<std::string>> waiting_;
};

} // namespace latchkey::gateway
