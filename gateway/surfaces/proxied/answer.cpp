#include "gateway/http/websocket_handshake.hpp"
#include "gateway/proxy/identity_headers.hpp"
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

} // namespace

result<http::response> answer_of(proxy::upstream_answer said) {
  http::response answer;
  answer.status = said.status();
  answer.content_type = {};
  std::string lines;
  if (auto done = proxy::append_response_headers(said.headers(), lines); !done)
    return tl::unexpected<failure>(done.error());
  add_lines(lines, answer);
  if (auto whole = said.whole_body())
    answer.body = *std::move(whole);
  else
    answer.source = said.take_body();
  return answer;
}

result<http::response> upgrade_of(http::exchange& ex, const principal& who,
                                  proxy::upstream_answer said) {
  const auto checked = http::check_websocket(ex.in);
  if (!checked.is_good()) return tl::unexpected<failure>(no_handshake());
  if (said.header("Sec-WebSocket-Accept") != http::websocket_accept_of(checked.key))
    return tl::unexpected<failure>(no_handshake());
  std::string lines;
  if (auto done = proxy::append_response_headers(said.headers(), lines); !done)
    return tl::unexpected<failure>(done.error());
  http::response answer;
  answer.status = said.status();
  answer.content_type = {};
  add_lines(lines, answer);
  answer.add("Upgrade", "websocket");
  auto& splices = acceptor_of(ex).splices();
  auto given = said.take_connection();
  answer.taken_by = [&splices, who, upstream = std::move(given.connection),
                     keep = std::move(given.keep)](http::taken_connection&& client) mutable {
    splices.add(who, std::move(client), std::move(upstream), std::move(keep));
  };
  return answer;
}

} // namespace latchkey::gateway::proxied
