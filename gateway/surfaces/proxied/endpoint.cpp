// endpoint.cpp — passes a request on to its upstream, with its body and who the caller is.
#include "gateway/http/message/field_list.hpp"
#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/proxy/rules/identity_headers.hpp"
#include "gateway/proxy/rules/upstream_path.hpp"
#include "gateway/proxy/upstream/read_ahead.hpp"
#include "gateway/surfaces/proxied/endpoints.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace latchkey::gateway::proxied {
namespace {

/// A body up to this is waited for before anybody is asked: a slow client takes no connection
/// from others, and what was lost can be sent again.
constexpr std::uint64_t gathered_body_bytes_max = 64UL * 1024;
/// For so long the end of a body of unknown size is waited for: many upstreams (CGI, WSGI) read
/// only what has a length.
constexpr std::chrono::milliseconds end_awaited_for{300};
constexpr std::uint32_t crowded_retry_s = 1;
/// The parameter that opens a socket instead of a header (surfaces/live/handshake.hpp).
constexpr std::string_view ticket_parameter = "ticket";

/// What goes to the upstream; the call views it.
struct passage {
  std::string target;
  std::string headers;
  std::string body;
  std::shared_ptr<proxy::read_ahead> pieces;
  proxy::upstream_call call;
};

result<void> write_headers(const http::exchange& ex, const principal& caller,
                           const messages::user_view& user, std::string& out) {
  const auto id = to_string(caller.user);
  proxy::caller_identity identity;
  identity.user_id = id;
  identity.client_id = user.client_id;
  identity.role = caller.role;
  identity.tier = user.subscription_tier;
  identity.email = user.email;
  identity.email_verified = user.email_verified;
  identity.permissions = caller.permissions();
  const bool is_https = came_by_https(ex.in, edge_of(ex).trusted_proxies());
  const proxy::forwarding forwarding{identity, ex.client_address, is_https};
  return proxy::append_request_headers(ex.in, forwarding, out);
}

bool asks_for_websocket(const http::exchange& ex) {
  return !ex.is_stopping() && http::asks_for_upgrade(ex.in) &&
         http::lists_token(ex.in, "Upgrade", "websocket");
}

const proxy::upstream& upstream_of(const http::exchange& ex, const proxy::proxy_route& route) {
  return edge_of(ex).upstreams().upstreams().table().upstreams[route.upstream];
}

result<void> prepare(const http::exchange& ex, const principal& caller,
                     const messages::user_view& user, const proxy::proxy_route& route,
                     passage& out) {
  // Without a credential in a header it was one in the query, or in the subprotocols.
  const bool shows_none = ex.in.authorization.empty() && ex.in.x_api_key.empty();
  const auto without =
      out.call.asks_for_websocket && shows_none ? ticket_parameter : std::string_view{};
  auto done =
      proxy::append_upstream_target(ex.in, upstream_of(ex, route).base_path, out.target, without);
  if (done) done = write_headers(ex, caller, user, out.headers);
  if (!done) return done;
  auto& call = out.call;
  call.upstream = route.upstream;
  call.method = ex.in.method;
  call.target = out.target;
  call.headers = out.headers;
  call.deadline = std::min(ex.deadline, ex.in.received_at + route.deadline);
  call.silence_max = route.deadline;
  call.client = ex.client;
  return {};
}

/// A small body of a known size.
awaitable<result<void>> take_sized(const http::exchange& ex, std::uint64_t size, passage& out) {
  while (out.body.size() < size) {
    const auto piece = co_await ex.body->next();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    out.body.append(*piece);
    if (std::chrono::steady_clock::now() >= out.call.deadline)
      co_return fail(error_code::request_timeout, "body", "took too long");
  }
  out.call.body = out.body;
  co_return result<void>{};
}

/// One of unknown size: as a whole when it is small and its end comes soon.
awaitable<result<void>> take_unsized(const http::exchange& ex, passage& out) {
  auto& io = edge_of(ex).home().context();
  out.pieces = std::make_shared<proxy::read_ahead>(io, *ex.body);
  const auto until = std::chrono::steady_clock::now() + end_awaited_for;
  const auto is_whole = co_await out.pieces->gather(gathered_body_bytes_max, until);
  if (!is_whole) co_return fail(is_whole.error());
  out.call.pieces = out.pieces.get();
  if (*is_whole) {
    out.body = out.pieces->take_whole();
    out.call.body = out.body;
    out.call.pieces = nullptr;
  }
  co_return result<void>{};
}

/// A small body as a whole; else it goes through piece by piece. What is waited for it is the
/// client's time, not the upstream's.
awaitable<result<void>> take_body(const http::exchange& ex, passage& out) {
  if (ex.body == nullptr) {
    out.call.body = ex.in.body;
    co_return result<void>{};
  }
  const auto began = std::chrono::steady_clock::now();
  const auto size = ex.body->size();
  result<void> taken;
  if (!size)
    taken = co_await take_unsized(ex, out);
  else if (*size > gathered_body_bytes_max)
    out.call.pieces = ex.body;
  else
    taken = co_await take_sized(ex, *size, out);
  out.call.deadline += std::chrono::steady_clock::now() - began;
  co_return taken;
}

/// The client has gone, or the server is going: there is nothing left to make an answer with.
http::response to_nobody() {
  http::response answer;
  answer.status = status_of(error_code::overloaded);
  answer.close = true;
  return answer;
}

/// Takes a slot for a socket that is passed through and watches its session, so that the session's
/// end closes the socket. `caller` then has the newest role, and every later change is reported.
awaitable<result<socket_registry::slot>> take_slot(http::exchange& ex, principal& caller,
                                                   const proxy::proxy_route& route) {
  auto& edge = edge_of(ex);
  auto& sockets = *edge.sockets();
  // Nobody would end it with the key.
  if (caller.session.is_nil())
    co_return fail(error_code::insufficient_permissions, "X-API-Key",
                   "an API key cannot open a WebSocket: sign in");
  auto slot = sockets.take_slot(caller.session);
  if (!slot) co_return slot;
  const auto validation = co_await sockets.watch(caller.session, ex.deadline);
  if (!validation) co_return fail(validation.error());
  caller.role = validation->role;
  caller.role_permissions = edge.roles().permissions_of(caller.role);
  if (!route.permission.empty())
    if (auto may = caller.check(route.permission); !may) co_return fail(std::move(may.error()));
  co_return slot;
}

awaitable<result<http::response>> ask_upstream(http::exchange& ex, const principal& caller,
                                               const proxy::proxy_route& route, passage& passed,
                                               socket_registry::slot slot) {
  std::optional<result<proxy::upstream_answer>> reply;
  try {
    reply.emplace(co_await edge_of(ex).upstreams().call(passed.call));
  } catch (const boost::system::system_error& ended) {
    if (ended.code() != boost::asio::error::operation_aborted) throw;
  }
  if (!reply) co_return to_nobody();
  if (!*reply) co_return fail(reply->error());
  const bool is_upgrade = (*reply)->status() == 101;
  auto answer = is_upgrade ? upgrade_of(ex, caller, route, std::move(slot), *std::move(*reply),
                                        upstream_of(ex, route))
                           : answer_of(*std::move(*reply), upstream_of(ex, route));
  if (!answer) co_return fail(answer.error());
  co_return *std::move(answer);
}

} // namespace

awaitable<result<http::response>> pass_on(http::exchange& ex, const principal& authenticated,
                                          const proxy::proxy_route& route) {
  auto caller = authenticated;
  passage passed;
  socket_registry::slot slot;
  passed.call.held = edge_of(ex).upstreams().upstreams().calls_of_users().begin(caller.user);
  if (!passed.call.held) {
    co_return fail_with_retry(error_code::rate_limited, crowded_retry_s,
                              "has too many requests in progress");
  }
  passed.call.asks_for_websocket = asks_for_websocket(ex);
  if (passed.call.asks_for_websocket) {
    auto taken = co_await take_slot(ex, caller, route);
    if (!taken) co_return fail(taken.error());
    slot = std::move(*taken);
  }
  const messages::describe_user question;
  const auto user = co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  auto ready = prepare(ex, caller, *user, route, passed);
  if (ready) ready = co_await take_body(ex, passed);
  if (!ready) co_return fail(ready.error());
  co_return co_await ask_upstream(ex, caller, route, passed, std::move(slot));
}

} // namespace latchkey::gateway::proxied
