#include "gateway/surfaces/live/endpoints.hpp"

#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/live/socket_registry.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/origin_check.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/surfaces/live/ticket.hpp"
#include "protocol/text/json_writer.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace latchkey::gateway::live {
namespace {

/// What a caller shows, before its session has been asked.
struct shown_credential {
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

result<shown_credential> by_token(reactor_edge& edge, std::string_view token) {
  auto known = edge.tokens().verify(token, false); // once for hours
  if (!known) return fail(known.error());
  return shown_credential{known->session, known->user, known->iat, known->exp, known->counter, {}};
}

result<shown_credential> by_ticket(reactor_edge& edge, std::string_view text) {
  const auto& env = edge.env();
  auto read = read_ticket(env.keys->sealing, text, env.now());
  if (!read) return fail(read.error());
  return shown_credential{read->session,          read->user, 0,
                          read->token_expires_at, 0,          std::move(*read)};
}

/// Exactly one of the three ways.
result<shown_credential> what_is_shown(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto query = input::of_query(ex.in);
  const auto in_query = query.optional_hidden("ticket", ticket_bytes_max).value_or(secret{});
  if (auto wrong = query.done(); !wrong) return fail(wrong.error());
  const auto in_header = http::bearer_token(ex.in);
  const auto in_protocol = http::subprotocol_value(ex.in, http::bearer_subprotocol);
  const int ways = !in_query.empty() + !in_header.empty() + !in_protocol.empty();
  if (ways > 1)
    return fail(error_code::validation_error, "Authorization",
                "is sent in more than one way: choose the header, the subprotocol or a ticket");
  if (ways == 0)
    return fail(error_code::token_invalid, "Authorization",
                "a Bearer token, the subprotocol bearer.TOKEN or a ticket is required");
  // Selecting nothing, the server would open a socket that every browser closes at once.
  const std::array<std::string_view, 1> ours{subprotocol};
  if (!in_protocol.empty() && http::select_subprotocol(ex.in, ours).empty())
    return fail(error_code::validation_error, "Sec-WebSocket-Protocol",
                "must offer latchkey.v1 as well as the token");
  if (!in_query.empty()) return by_ticket(edge, in_query.reveal());
  return by_token(edge, in_header.empty() ? in_protocol : in_header);
}

/// The session says that it lives, and is watched from now on.
awaitable<result<principal>> watched(http::exchange& ex, shown_credential credential) {
  auto& edge = edge_of(ex);
  if (credential.by_ticket) {
    const messages::use_ticket once{
        credential.by_ticket->number,
        time_point{std::chrono::seconds{credential.by_ticket->good_until}}};
    auto good = co_await edge.ask_session(credential.session, once, ex.deadline);
    if (!good) co_return fail(good.error());
  }
  auto validation =
      co_await edge.sockets()->watch(credential.session, ex.deadline, credential.counter);
  if (!validation) co_return fail(validation.error());
  if (!edge.is_registry_current())
    if (auto known = co_await edge.reread_registry(ex.deadline); !known)
      co_return fail(std::move(known.error()));
  if (validation->user != credential.user) co_return fail(error_code::token_invalid);
  auto caller = principal_by_session(credential.session, *std::move(validation), edge.roles());
  caller.issued_at = credential.issued_at;
  caller.expires_at = credential.expires_at;
  co_return caller;
}

} // namespace

awaitable<result<http::response>> open_socket(http::exchange& ex) {
  auto& sockets = *edge_of(ex).sockets();
  const auto checked = http::check_websocket(ex.in);
  if (!checked.is_good()) {
    const auto counted = co_await charge_address_on_failure(ex, checked.as_failure());
    auto answer = error_answer(ex, counted);
    if (counted.code == checked.refusal) http::refuse_websocket(checked, answer);
    co_return answer;
  }
  if (auto own = check_page_origin(ex); !own)
    co_return fail(co_await charge_address_on_failure(ex, std::move(own.error())));
  auto credential = what_is_shown(ex);
  if (!credential)
    co_return fail(co_await charge_address_on_failure(ex, std::move(credential.error())));
  if (ex.is_stopping()) co_return fail(error_code::overloaded);
  auto slot = sockets.take_slot(credential->session);
  if (!slot) co_return fail(slot.error());
  auto caller = co_await watched(ex, std::move(*credential));
  if (!caller) co_return fail(co_await charge_address_on_failure(ex, std::move(caller.error())));
  if (auto charged = co_await charge_handshake_limit(ex, caller->user); !charged)
    co_return fail(charged.error());
  if (slot->is_over()) co_return fail(error_code::token_invalid);
  if (slot->is_closed()) co_return fail(error_code::overloaded);
  const std::array<std::string_view, 1> ours{subprotocol};
  auto open = [&sockets, slot = std::move(*slot),
               caller = std::move(*caller)](http::taken_connection&& connection) mutable {
    sockets.open(std::move(slot), std::move(connection), caller);
  };
  co_return http::accept_websocket(checked, http::select_subprotocol(ex.in, ours), std::move(open));
}

awaitable<result<http::response>> make_ticket(http::exchange& ex, const principal& caller) {
  const auto& env = edge_of(ex).env();
  const auto now = std::chrono::floor<std::chrono::seconds>(env.now());
  const ticket made{caller.session, caller.user, random_number(), caller.expires_at,
                    (now + ticket_ttl).time_since_epoch() / std::chrono::seconds{1}};
  const auto text = write_ticket(env.keys->sealing, made);
  std::string out;
  json_writer(out)
      .begin_object()
      .text("ticket", text.reveal())
      .number("expires_in", ticket_ttl.count())
      .end_object();
  co_return http::json_response(201, std::move(out));
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
