// answer.cpp — turns an upstream's answer into ours, and its 101 into a WebSocket passed through.
#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/proxy/rules/identity_headers.hpp"
#include "gateway/surfaces/proxied/endpoints.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::proxied {
namespace {

/// The lines that `append_response_headers` wrote.
void add_lines(std::string_view lines, http::response& answer) {
  // The edge looks for it as it is written here.
  constexpr std::string_view cache_control = "Cache-Control";
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size() + 2);
    const auto colon = line.find(": ");
    const auto name = line.substr(0, colon);
    const bool is_cache_control = http::equal_ignoring_case(name, cache_control);
    answer.add(is_cache_control ? cache_control : name, line.substr(colon + 2));
  }
}

failure no_handshake() {
  return {error_code::upstream_unavailable, {}, "did not answer the handshake"};
}

/// From now on bytes go both ways.
void pass_through(reactor_edge& edge, const principal& caller, std::string permission,
                  const socket_registry::slot& slot, http::taken_connection client,
                  http::taken_connection upstream, std::shared_ptr<void> keep) {
  if (slot.is_closed()) return; // both are closed as they go out of scope
  auto* sockets = edge.sockets();
  http::splice_gate gate{
      [sockets, session = caller.session] { return sockets->believes(session); },
      [sockets, session = caller.session] { return sockets->is_believed(session); }};
  const auto number =
      edge.splices().add(std::move(client), std::move(upstream), std::move(keep), std::move(gate),
                         [sockets, session = caller.session](std::uint64_t ended) {
                           sockets->splice_ended(session, ended);
                         });
  sockets->splice_begun(caller, std::move(permission), number);
}

} // namespace

result<http::response> answer_of(proxy::upstream_answer reply, const proxy::upstream& from) {
  http::response answer;
  answer.status = reply.status();
  answer.content_type = {};
  std::string lines;
  if (auto done = proxy::append_response_headers(reply.headers(), lines, &from); !done)
    return fail(done.error());
  add_lines(lines, answer);
  if (auto whole = reply.whole_body())
    answer.body = *std::move(whole);
  else
    answer.source = reply.take_body();
  return answer;
}

result<http::response> upgrade_of(http::exchange& ex, const principal& caller,
                                  const proxy::proxy_route& route, socket_registry::slot slot,
                                  proxy::upstream_answer reply, const proxy::upstream& from) {
  const auto checked = http::check_websocket(ex.in);
  if (!checked.is_good()) return fail(no_handshake());
  if (reply.header("Sec-WebSocket-Accept") != http::websocket_accept_of(checked.key))
    return fail(no_handshake());
  std::string lines;
  if (auto done = proxy::append_response_headers(reply.headers(), lines, &from); !done)
    return fail(done.error());
  http::response answer;
  answer.status = reply.status();
  answer.content_type = {};
  add_lines(lines, answer);
  answer.add("Upgrade", "websocket");
  auto given = reply.take_connection();
  answer.taken_by = [&edge = edge_of(ex), caller, permission = route.permission,
                     slot = std::move(slot), upstream = std::move(given.connection),
                     keep = std::move(given.keep)](http::taken_connection&& client) mutable {
    pass_through(edge, caller, std::move(permission), slot, std::move(client), std::move(upstream),
                 std::move(keep));
  };
  return answer;
}

} // namespace latchkey::gateway::proxied
