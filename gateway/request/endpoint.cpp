#include "gateway/request/endpoint.hpp"

#include "gateway/request/errors.hpp"
#include "gateway/request/request_limit.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <charconv>
#include <utility>

namespace latchkey::gateway {
namespace {

/// How much of a User-Agent header a session keeps.
constexpr std::size_t user_agent_bytes_max = 255;

/// A User-Agent as a session keeps it: bounded, and UTF-8 whatever was sent.
std::string kept_user_agent(std::string_view sent) {
  std::string kept{sent.substr(0, user_agent_bytes_max)};
  if (is_valid_utf8(sent)) {
    while (!is_valid_utf8(kept))
      kept.pop_back(); // of a character that was cut
  } else {
    for (char& byte : kept)
      if (static_cast<unsigned char>(byte) >= 0x80) byte = '?';
  }
  return kept;
}

} // namespace

messages::client_info client_of(const http::exchange& ex) {
  return {ex.client_address, kept_user_agent(ex.in.user_agent), ex.in.request_id, route_name(ex),
          ex.in.received_at};
}

messages::author author_of(const http::exchange& ex, const principal& caller) {
  return {client_of(ex), "user:" + to_string(caller.user)};
}

awaitable<result<principal>> signed_in(http::exchange& ex) {
  const auto token = http::bearer_token(ex.in);
  if (token.empty())
    co_return fail(error_code::token_invalid, "Authorization", "a Bearer token is required");
  co_return co_await edge_of(ex).authenticate(token, ex.deadline,
                                              ex.matched->needs.admits_awaiting);
}

awaitable<result<principal>> principal_of(http::exchange& ex) {
  if (ex.in.x_api_key.empty()) co_return co_await signed_in(ex);
  if (!ex.in.authorization.empty())
    co_return fail(error_code::validation_error, "X-API-Key",
                   "is sent together with Authorization: send only one");
  // The key's words name a user; whether it is that one's key only the user can say.
  const auto named = parse_opaque_key(api_key_kind, ex.in.x_api_key);
  if (named) {
    auto may = co_await may_be_looked_up(ex, named->user);
    if (!may) co_return fail(std::move(may.error()));
  }
  co_return co_await edge_of(ex).authenticate_key(ex.in.x_api_key, ex.deadline);
}

awaitable<result<authentication>> newest_authentication(http::exchange& ex,
                                                        const principal& caller) {
  auto& edge = edge_of(ex);
  if (!edge.env().cluster) co_return caller.authenticated;
  const messages::reread_session read_again;
  const auto read = co_await edge.ask_session(caller.session, read_again, ex.deadline);
  if (!read) co_return fail(read.error());
  const messages::validate question{0, true};
  const auto known = co_await edge.ask_session(caller.session, question, ex.deadline);
  if (!known) co_return fail(known.error());
  co_return known->authenticated;
}

awaitable<result<messages::signed_in_session>> session_of(http::exchange& ex,
                                                          const principal& caller) {
  const auto known = co_await newest_authentication(ex, caller);
  if (!known) co_return fail(known.error());
  co_return messages::signed_in_session{caller.session, *known};
}

result<service_principal> service_of(http::exchange& ex) {
  const auto bearer = http::bearer_token(ex.in);
  const auto key = ex.in.x_service_key.empty() ? bearer : ex.in.x_service_key;
  if (!bearer.empty() && bearer != key) return fail(error_code::insufficient_permissions);
  return edge_of(ex).find_service(key);
}

awaitable<result<user_id>> resolve_user(http::exchange& ex, std::string_view text) {
  if (const auto id = parse_uuid(text)) co_return user_id{*id};
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number <= 0)
    co_return fail(error_code::user_not_found);
  co_return co_await edge_of(ex).user_with_number(number, ex.deadline);
}

} // namespace latchkey::gateway
