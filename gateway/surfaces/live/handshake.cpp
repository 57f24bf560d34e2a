#include "gateway/surfaces/live/handshake.hpp"

#include "gateway/http/message/field_list.hpp"
#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/proxy/rules/header_rules.hpp"
#include "gateway/request/origin_check.hpp"
#include "gateway/surfaces/live/ticket.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::live {
namespace {

constexpr std::string_view protocol_name = "Sec-WebSocket-Protocol";

bool is_handshake_without_headers(const http::request& in) {
  return in.authorization.empty() && in.x_api_key.empty() && http::asks_for_upgrade(in) &&
         http::lists_token(in, "Upgrade", "websocket");
}

/// Whether there is a subprotocol that can be selected.
bool offers_another(const http::request& in) {
  for (const auto& line : in.headers)
    if (http::equal_ignoring_case(line.name, protocol_name) &&
        !proxy::without_bearer_subprotocols(line.value).empty())
      return true;
  return false;
}

awaitable<result<principal>> principal_of_ticket(http::exchange& ex, std::string text) {
  auto& edge = edge_of(ex);
  const auto shown = read_ticket(edge.env().keys->sealing, text, edge.env().now());
  if (!shown) co_return fail(shown.error());
  const messages::use_ticket once{shown->number,
                                  time_point{std::chrono::seconds{shown->good_until}}};
  auto reply = co_await edge.ask_session(shown->session, once, ex.deadline);
  if (!reply) co_return fail(reply.error());
  if (reply->user != shown->user) co_return fail(error_code::token_invalid);
  auto caller = principal_by_session(shown->session, *std::move(reply), edge.roles());
  caller.expires_at = shown->token_expires_at;
  co_return caller;
}

} // namespace

awaitable<result<principal>> principal_of_handshake(http::exchange& ex) {
  if (!is_handshake_without_headers(ex.in)) co_return co_await principal_of(ex);
  const auto in_protocol = http::subprotocol_value(ex.in, http::bearer_subprotocol);
  auto in_query = http::form_value(ex.in.query, "ticket");
  if (!in_query) co_return fail(in_query.error());
  if (in_protocol.empty() && !*in_query) co_return co_await principal_of(ex);
  if (auto own = check_page_origin(ex); !own) co_return fail(own.error());
  if (!in_protocol.empty() && *in_query)
    co_return fail(error_code::validation_error, "ticket",
                   "is sent together with a bearer subprotocol: choose one");
  if (in_protocol.empty()) co_return co_await principal_of_ticket(ex, std::move(**in_query));
  if (!offers_another(ex.in))
    co_return fail(error_code::validation_error, std::string{protocol_name},
                   "must offer a subprotocol besides bearer.TOKEN, which is never selected");
  co_return co_await edge_of(ex).authenticate(in_protocol, ex.deadline);
}

} // namespace latchkey::gateway::live
