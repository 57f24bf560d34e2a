#include "gateway/sign_in/refresh_cookie.hpp"

#include "gateway/request/origin_check.hpp"
#include "gateway/sign_in/own_cookie.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>

namespace latchkey::gateway {
namespace {

constexpr std::string_view host_name = "__Host-refresh_token";
constexpr std::string_view plain_name = "refresh_token";

std::string_view name_of_cookie(const http::exchange& ex) {
  return reaches_us_by_https(ex) ? host_name : plain_name;
}

std::string attributes(const http::exchange& ex) {
  std::string out{cookie_protection(ex)};
  out += edge_of(ex).configured().cookie_same_site_none ? "; SameSite=None" : "; SameSite=Lax";
  return out += "; Path=/";
}

/// When a cookie was given out last, to anybody. Nobody can say which browser an answer goes to, so
/// one that is given while another request is under way may have replaced that one's.
std::atomic<std::chrono::steady_clock::rep> given_out_at{
    std::chrono::steady_clock::time_point::min().time_since_epoch().count()};

bool was_given_out_since(std::chrono::steady_clock::time_point at) {
  return given_out_at.load() >= at.time_since_epoch().count();
}

/// Those of a name that have the form of one of ours, the newest first.
std::vector<refresh_token> tokens_named(const http::exchange& ex, std::string_view name) {
  std::vector<refresh_token> found;
  for (const auto value : http::find_cookies(ex.in, name))
    if (auto token = parse_refresh_token(value)) found.push_back(std::move(*token));
  // A session's id begins with the time when it was opened.
  std::ranges::stable_sort(found, [](const refresh_token& a, const refresh_token& b) {
    return std::pair{a.session.bytes, a.counter} > std::pair{b.session.bytes, b.counter};
  });
  if (found.size() > refresh_cookies_max)
    found.erase(found.begin() + refresh_cookies_max, found.end());
  return found;
}

/// The names that are read, the one that counts more first.
std::vector<std::string_view> names_read(const http::exchange& ex) {
  if (ex.in.is_tls) return {host_name};
  return {host_name, plain_name};
}

void forget(const http::exchange& ex, std::string_view name, http::response& answer) {
  answer.add("Set-Cookie", std::string{name} + "=; Max-Age=0" + attributes(ex));
}

/// The time of day when the request's headers were here.
time_point received_at(const http::exchange& ex) {
  const auto passed = std::chrono::steady_clock::now() - ex.in.received_at;
  return edge_of(ex).env().now() - std::chrono::duration_cast<std::chrono::microseconds>(passed);
}

bool was_over(const session_record& session, const session_policy& policy, time_point at) {
  return (session.ended_at && *session.ended_at < at) || session.expires_at <= at ||
         session.rotated_at <= policy.idle_since(at);
}

/// The session of a token of ours that was over when the request came, and after which its user
/// opened no other.
awaitable<bool> may_be_forgotten(http::exchange& ex, const refresh_token& token) {
  auto& edge = edge_of(ex);
  const auto& env = edge.env();
  messages::read_session question{token.session, edge.deadline_for_actors(ex.deadline)};
  const auto session =
      co_await edge.ask(env.reader_for(token.session), std::move(question), ex.deadline);
  if (!session || !env.keys->refresh.check(token, session->salt)) co_return false;
  if (!was_over(*session, env.policy, received_at(ex))) co_return false;
  storage::list_sessions newest;
  newest.user = session->user;
  newest.now = env.now();
  newest.limit = 1;
  const auto found = co_await edge.read(std::move(newest), ex.deadline);
  co_return found && (found->empty() || found->front().created_at <= session->created_at);
}

} // namespace

void set_refresh_cookie(const http::exchange& ex, const messages::token_pair& tokens,
                        http::response& answer) {
  std::string line{name_of_cookie(ex)};
  line += '=';
  line += tokens.refresh_token.reveal();
  line += "; Max-Age=" + std::to_string(tokens.refresh_ttl_s) + attributes(ex);
  answer.add("Set-Cookie", line);
  given_out_at.store(std::chrono::steady_clock::now().time_since_epoch().count());
}

void clear_refresh_cookie(const http::exchange& ex, const session_id& session,
                          http::response& answer) {
  bool came = false;
  for (const auto name : names_read(ex)) {
    const auto is_its_own = [&](const refresh_token& token) { return token.session == session; };
    came = came || http::find_cookie(ex.in, name).count > 0;
    if (std::ranges::any_of(tokens_named(ex, name), is_its_own)) forget(ex, name, answer);
  }
  if (!came) forget(ex, name_of_cookie(ex), answer);
}

std::vector<refresh_token> sent_refresh_cookies(const http::exchange& ex) {
  std::vector<refresh_token> found;
  for (const auto name : names_read(ex))
    for (auto& token : tokens_named(ex, name))
      found.push_back(std::move(token));
  return found;
}

result<std::vector<refresh_token>> refresh_cookies(const http::exchange& ex) {
  auto found = sent_refresh_cookies(ex);
  if (found.empty()) return found;
  // What they prove, they prove for pages of our own site alone, and for those that the operator
  // lets use them from others.
  const bool from_any_site = edge_of(ex).configured().cookie_same_site_none;
  const auto own = from_any_site ? check_page_origin(ex) : check_cookie_origin(ex);
  if (!own) return fail(own.error());
  return found;
}

awaitable<> clear_dead_cookies(http::exchange& ex, std::vector<refresh_token> shown,
                               http::response& answer) {
  for (const auto& token : shown) {
    const bool may = co_await may_be_forgotten(ex, token);
    if (may && !was_given_out_since(ex.in.received_at))
      clear_refresh_cookie(ex, token.session, answer);
  }
}

bool wants_token_in_body(const http::exchange& ex) {
  const auto delivery = ex.in.header("X-Token-Delivery");
  return delivery && http::equal_ignoring_case(*delivery, "body");
}

} // namespace latchkey::gateway
