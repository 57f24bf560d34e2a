#include "gateway/live/live_connection.hpp"

#include "gateway/live/conversation.hpp"
#include "gateway/request/request_limit.hpp"

#include <chrono>
#include <utility>

namespace latchkey::gateway {

principal live_connection::caller() const {
  principal out;
  out.user = session_.user;
  out.user_number = session_.user_number;
  out.session = session_.id;
  out.role = session_.role;
  out.expires_at = expires_at_;
  const auto& roles = owner_.edge().roles();
  out.role_permissions = roles.permissions_of(session_.role);
  out.withheld = roles.by_second_factor; // the session says which level it has
  return out;
}

// -- what it says ----------------------------------------------------------------------------

void live_connection::on_text(std::string_view text) {
  if (wants_more() && !is_behind()) return begin(text);
  if (!waiting_) waiting_ = std::make_unique<std::deque<std::string>>();
  waiting_->emplace_back(text);
}

void live_connection::begin(std::string_view text) {
  if (owner_.believes(session_)) return begin_now(text);
  ++under_way_;
  owner_.when_believed(
      session_, [&owner = owner_, number = number_, text = std::string{text}](bool is_alive) {
        const auto still = is_alive ? owner.find(number) : nullptr;
        if (still == nullptr) return;
        const auto keep = still->shared_from_this();
        still->begin_now(text);
        still->finish();
      });
}

void live_connection::begin_now(std::string_view text) {
  auto message = live::read_message(text);
  owner_.count_received(message.type);
  if (message.form && message.type == "ping") return send(live::pong(message.id));
  if (!may_say_more(message.id)) return;
  ++under_way_;
  live::converse(owner_, number_, std::move(message));
}

/// Everything but a ping counts like a request of the user's.
bool live_connection::may_say_more(const std::string& id) {
  auto& edge = owner_.edge();
  const auto charged = charge_live_limit(edge, session_.user);
  if (charged) {
    refused_in_a_row_ = 0;
    return true;
  }
  if (++refused_in_a_row_ > refused_in_a_row_max)
    close(ws::close_code::policy, "too many messages");
  else
    owner_.say(*this, "error", live::error(id, charged.error()));
  return false;
}

void live_connection::finish() {
  --under_way_;
  go_on();
}

void live_connection::go_on() {
  if (std::exchange(is_going_on_, true)) return; // one was answered at once
  const auto keep = shared_from_this();
  while (waiting_ && is_open() && !is_behind() && under_way_ < conversations_max) {
    const auto oldest = std::move(waiting_->front());
    waiting_->pop_front();
    if (waiting_->empty()) waiting_.reset();
    begin(oldest);
  }
  is_going_on_ = false;
  if (wants_more()) read_on();
}

/// Frames that the peer was too slow for.
bool live_connection::may_go_out() {
  if (owner_.believes(session_)) return true;
  owner_.when_believed(session_, [&owner = owner_, number = number_](bool is_alive) {
    auto* still = is_alive ? owner.find(number) : nullptr;
    if (still != nullptr) still->go_out();
  });
  return false;
}

// -- its token's end -------------------------------------------------------------------------

void live_connection::set_expiry(std::int64_t expires_at) {
  expires_at_ = expires_at;
  const auto& env = owner_.edge().env();
  end_when_ = env.steady_now() + (time_point{std::chrono::seconds{expires_at}} - env.now());
  is_told_of_expiry_ = false;
  wake_at(std::chrono::steady_clock::now());
}

void live_connection::on_timer() {
  const auto now = owner_.edge().env().steady_now();
  const auto end = end_when_;
  const auto notice = std::chrono::seconds{owner_.edge().configured().ws_expiry_notice_s};
  if (now >= end) return end_expired();
  if (now >= end - notice && !std::exchange(is_told_of_expiry_, true))
    owner_.say(*this, "session_expiring", live::session_expiring(expires_at_));
  if (!is_open()) return;
  const auto due = is_told_of_expiry_ ? end : end - notice;
  wake_at(std::chrono::steady_clock::now() + (due - now));
}

void live_connection::end_expired() {
  end({}, ws::close_code::token_expired, "token expired");
}

} // namespace latchkey::gateway
