#include "gateway/surfaces/live/endpoints.hpp"

#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/live/socket_registry.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/surfaces/live/ticket.hpp"

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace latchkey::gateway::live {
namespace {

/// What a caller shows, before its session has been asked.
struct shown {
  session_id session;
  user_id user;
  std::int64_t issued_at = 0;
  std::int64_t expires_at = 0;
  std::uint64_t counter = 0; // that the token names
  std::optional<ticket> by_ticket;
};

std::uint64_t random_number() {
  const auto bytes = random_bytes(sizeof(std::uint64_t));
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

result<shown> by_token(reactor_edge& edge, std::string_view token) {
  auto known = edge.tokens().verify(token, false); // once for hours
  if (!known) return fail(known.error());
  return shown{known->session, known->user, known->iat, known->exp, known->counter, {}};
}

result<shown> by_ticket(reactor_edge& edge, std::string_view text) {
  const auto& env = edge.env();
  auto read = read_ticket(env.keys->tickets, text, env.now());
  if (!read) return fail(read.error());
  return shown{read->session, read->user, 0, read->token_expires_at, 0, std::move(*read)};
}

/// Exactly one of the three ways.
result<shown> what_is_shown(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto query = input::of_query(ex.in);
  const auto in_query = query.optional_hidden("ticket", ticket_bytes_max).value_or(secret{});
  if (auto wrong = query.done(); !wrong) return fail(wrong.error());
  const auto in_header = http::bearer_token(ex.in);
  const auto in_protocol = http::subprotocol_value(ex.in, http::bearer_subprotocol);
  const int ways = !in_query.empty() + !in_header.empty() + !in_protocol.empty();
  if (ways > 1)
    return fail(error_code::validation_error, "Authorization",
                "is shown in more than one way: choose the header, the subprotocol or a ticket");
  if (ways == 0)
    return fail(error_code::token_invalid, "Authorization",
                "a Bearer token, the subprotocol bearer.TOKEN or a ticket is required");
  // Selecting nothing, the server would open a socket that every browser closes at once.
  const std::array<std::string_view, 1> ours{subprotocol};
  if (!in_protocol.empty() && http::select_subprotocol(ex.in, ours).empty())
    return fail(error_code::validation_error, "Sec-WebSocket-Protocol",
                "must offer latchkey.v1 beside the token");
  if (!in_query.empty()) return by_ticket(edge, in_query.reveal());
  return by_token(edge, in_header.empty() ? in_protocol : in_header);
}

/// The session says that it lives, and is watched from now on.
awaitable<result<principal>> watched(http::exchange& ex, shown what) {
  auto& edge = edge_of(ex);
  if (what.by_ticket) {
    const messages::use_ticket once{what.by_ticket->number,
                                    time_point{std::chrono::seconds{what.by_ticket->good_until}}};
    auto good = co_await edge.ask_session(what.session, once, ex.deadline);
    if (!good) co_return fail(good.error());
  }
  auto word = co_await edge.sockets()->watch(what.session, ex.deadline, what.counter);
  if (!word) co_return fail(word.error());
  if (word->user != what.user) co_return fail(error_code::token_invalid);
  principal who;
  who.user = word->user;
  who.user_number = word->user_number;
  who.session = what.session;
  who.role = std::move(word->role);
  who.opened_by = word->opened_by;
  who.issued_at = what.issued_at;
  who.expires_at = what.expires_at;
  who.role_permissions = edge.roles().permissions_of(who.role);
  co_return who;
}

} // namespace

awaitable<result<http::response>> open_socket(http::exchange& ex) {
  auto& sockets = *edge_of(ex).sockets();
  const auto checked = http::check_websocket(ex.in);
  if (!checked.is_good()) {
    const auto counted = charge_address_on_failure(ex, checked.as_failure());
    auto answer = error_answer(ex, counted);
    if (counted.code == checked.refusal) http::refuse_websocket(checked, answer);
    co_return answer;
  }
  if (auto own = check_origin(ex); !own)
    co_return fail(charge_address_on_failure(ex, std::move(own.error())));
  auto what = what_is_shown(ex);
  if (!what) co_return fail(charge_address_on_failure(ex, std::move(what.error())));
  if (ex.is_stopping()) co_return fail(error_code::overloaded);
  auto room = sockets.take_place(what->session);
  if (!room) co_return fail(room.error());
  auto who = co_await watched(ex, std::move(*what));
  if (!who) co_return fail(charge_address_on_failure(ex, std::move(who.error())));
  if (auto charged = charge_handshake_limit(ex, who->user); !charged)
    co_return fail(charged.error());
  if (room->is_over()) co_return fail(error_code::token_invalid);
  if (room->is_closed()) co_return fail(error_code::overloaded);
  const std::array<std::string_view, 1> ours{subprotocol};
  auto open = [&sockets, place = std::move(*room),
               who = std::move(*who)](http::taken_connection&& connection) mutable {
    sockets.open(std::move(place), std::move(connection), who);
  };
  co_return http::accept_websocket(checked, http::select_subprotocol(ex.in, ours), std::move(open));
}

awaitable<result<http::response>> make_ticket(http::exchange& ex, const principal& who) {
  const auto& env = edge_of(ex).env();
  const auto now = std::chrono::floor<std::chrono::seconds>(env.now());
  const ticket made{who.session, who.user, random_number(), who.expires_at,
                    (now + ticket_ttl).time_since_epoch() / std::chrono::seconds{1}};
  const auto text = write_ticket(env.keys->tickets, made);
  nlohmann::ordered_json body;
  body["ticket"] = text.reveal();
  body["expires_in"] = ticket_ttl.count();
  co_return http::json_response(201, body.dump());
}

std::vector<http::route> routes() {
  using enum http::method;
  return {
      route_row(get, "/ws", "open_socket", open_socket)
          .access(http::access::anyone)
          .limit(http::window::by_endpoint),
      route_row(post, "/api/v1/ws/ticket", "make_ticket", make_ticket)
          .access(http::access::session),
  };
}

} // namespace latchkey::gateway::live
