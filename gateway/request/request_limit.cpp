#include "gateway/request/request_limit.hpp"

#include "gateway/request/client_address.hpp"
#include "gateway/request/endpoint.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <array>
#include <caf/send.hpp>
#include <chrono>
#include <utility>

namespace latchkey::gateway {
namespace {

bool is_counted(const http::exchange& ex) {
  return ex.matched == nullptr || ex.matched->needs.is_counted();
}

bool has_failed_to_prove(error_code code) {
  return status_of(code) < 500 && code != error_code::rate_limited;
}

/// A key put together without asking for memory.
class short_key {
public:
  short_key& add(std::string_view text) {
    const auto size = std::min(text.size(), text_.size() - size_);
    std::copy_n(text.data(), size, text_.data() + size_);
    size_ += size;
    return *this;
  }
  short_key& add_hex(const std::uint8_t* bytes, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < count; ++i)
      add(digits.substr(bytes[i] >> 4U, 1)).add(digits.substr(bytes[i] & 15U, 1));
    return *this;
  }
  std::string_view text() const { return {text_.data(), size_}; }

private:
  std::array<char, rate_key_bytes_max> text_;
  std::size_t size_ = 0;
};

short_key key_of(const user_id& user) {
  return short_key{}.add("user:").add_hex(user.bytes.data(), user.bytes.size());
}

short_key key_of(const principal& caller) {
  if (caller.api_key == 0) return key_of(caller.user);
  return short_key{}.add("key:").add(key_id_text(caller.api_key));
}

} // namespace

std::string address_key(std::string_view kind, std::string_view address) {
  return std::string{kind} + ":" + address_group(address);
}

failure rate_refusal(const rate_verdict& verdict, time_point now) {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(verdict.reset - now).count();
  failure refused{error_code::rate_limited, {}, {}, 0};
  refused.retry_after_s = static_cast<std::uint32_t>(std::max<std::int64_t>(1, wait));
  return refused;
}

namespace {

/// One of the windows that a request may count against.
struct window_of_request {
  short_key key;
  rate_limit limit;
};

result<void> note_verdict(http::exchange& ex, const rate_verdict& verdict, time_point now) {
  ex.rate = verdict;
  if (verdict.granted) return {};
  return fail(rate_refusal(verdict, now));
}

/// Nothing: only all nodes together can tell.
std::optional<result<void>> take_at_once(http::exchange& ex, const window_of_request& window) {
  if (!is_counted(ex) || window.limit.is_off()) return result<void>{};
  const auto& env = edge_of(ex).env();
  const auto now = env.steady_now();
  const auto verdict = env.limiter->take(window.key.text(), window.limit, now);
  if (verdict.is_undecided) return std::nullopt;
  return note_verdict(ex, verdict, now);
}

awaitable<result<void>> take(http::exchange& ex, window_of_request window) {
  if (auto done = take_at_once(ex, window)) co_return *std::move(done);
  std::string key{window.key.text()};
  const auto verdict = co_await take_rate(ex, std::move(key), window.limit);
  if (!verdict) co_return fail(verdict.error());
  co_return note_verdict(ex, *verdict, edge_of(ex).env().steady_now());
}

window_of_request window_of(http::exchange& ex, const principal& caller) {
  const auto& set = edge_of(ex).configured();
  if (ex.matched->needs.limit == http::window::gateway)
    return {key_of(caller).add(":gateway"), set.rate_limit_gateway};
  return {key_of(caller), set.rate_limit_default};
}

window_of_request window_of(http::exchange& ex, const service_principal& caller) {
  const auto& own = caller.service->limit;
  return {short_key{}.add("service:").add(caller.service->id),
          own.is_off() ? edge_of(ex).configured().rate_limit_service : own};
}

/// What keeps an account in its owner's hands is never refused.
bool may_refuse(const http::exchange& ex) {
  return ex.matched->needs.limit != http::window::keeping;
}

window_of_request window_of_address(const http::exchange& ex, std::string_view kind,
                                    const rate_limit& limit) {
  if (limit.is_off()) return {};
  return {short_key{}.add(address_key(kind, ex.client_address)), limit};
}

} // namespace

awaitable<result<rate_verdict>> take_rate(http::exchange& ex, std::string key, rate_limit limit,
                                          bool holds) {
  auto& edge = edge_of(ex);
  const auto& env = edge.env();
  const auto now = env.steady_now();
  const auto verdict =
      holds ? env.limiter->hold(key, limit, now) : env.limiter->take(key, limit, now);
  if (!verdict.is_undecided) co_return verdict;
  messages::take_rate question;
  question.key = std::move(key);
  question.limit = limit;
  question.deadline = edge.deadline_for_actors(ex.deadline);
  question.holds = holds;
  const auto taken = co_await edge.ask(env.redis, std::move(question), ex.deadline);
  if (!taken) co_return fail(taken.error());
  co_return taken->verdict;
}

awaitable<result<void>> charge_limit(http::exchange& ex, std::string_view key,
                                     const rate_limit& limit) {
  return take(ex, {short_key{}.add(key), limit});
}

awaitable<result<void>> charge_limit(http::exchange& ex, const principal& caller) {
  auto charged = co_await take(ex, window_of(ex, caller));
  if (!charged && may_refuse(ex)) co_return charged;
  co_return result<void>{};
}

std::optional<result<void>> charge_at_once(http::exchange& ex, const principal& caller) {
  auto charged = take_at_once(ex, window_of(ex, caller));
  if (!charged || may_refuse(ex)) return charged;
  return result<void>{};
}

result<void> charge_live_limit(reactor_edge& edge, const user_id& user) {
  const auto& limit = edge.configured().rate_limit_live;
  if (limit.is_off()) return {};
  const auto& env = edge.env();
  const auto now = env.steady_now();
  const auto key = key_of(user).add(":live");
  const auto verdict = env.limiter->take(key.text(), limit, now);
  if (verdict.granted) return {};
  if (!verdict.is_undecided) return fail(rate_refusal(verdict, now));
  messages::take_rate question;
  question.key = key.text();
  question.limit = limit;
  question.deadline = now + env.policy.internal_deadline;
  caf::anon_send(env.redis, std::move(question));
  return {};
}

awaitable<result<void>> charge_handshake_limit(http::exchange& ex, const user_id& user) {
  return take(ex, {key_of(user).add(":open"), edge_of(ex).configured().rate_limit_handshakes});
}

awaitable<result<void>> charge_refresh_limit(http::exchange& ex, const user_id& user) {
  return take(ex, {key_of(user).add(":refresh"), edge_of(ex).configured().rate_limit_refresh});
}

awaitable<result<void>> charge_silent_refresh_limit(http::exchange& ex) {
  return take(ex, window_of_address(ex, "refresh", edge_of(ex).configured().rate_limit_refresh));
}

awaitable<result<void>> charge_sender_limit(http::exchange& ex, std::string_view sender) {
  return take(
      ex, {short_key{}.add("sender:").add(sender), edge_of(ex).configured().rate_limit_webhook});
}

awaitable<result<void>> charge_limit(http::exchange& ex, const service_principal& caller) {
  return take(ex, window_of(ex, caller));
}

std::optional<result<void>> charge_at_once(http::exchange& ex, const service_principal& caller) {
  return take_at_once(ex, window_of(ex, caller));
}

awaitable<result<void>> charge_address_limit(http::exchange& ex) {
  const auto& set = edge_of(ex).configured();
  const bool signs_in = ex.matched != nullptr && ex.matched->needs.limit == http::window::sign_in;
  if (signs_in) return take(ex, window_of_address(ex, "sign-in", set.rate_limit_sign_in));
  return take(ex, window_of_address(ex, "address", set.rate_limit_default));
}

awaitable<result<void>> charge_unproven_limit(http::exchange& ex) {
  return take(ex, window_of_address(ex, "unproven", edge_of(ex).configured().rate_limit_unproven));
}

awaitable<failure> charge_address_on_failure(http::exchange& ex, failure error) {
  if (!has_failed_to_prove(error.code)) co_return error;
  auto charged = co_await charge_unproven_limit(ex);
  if (!charged) co_return std::move(charged.error());
  co_return error;
}

result<void> may_cost_a_read(http::exchange& ex) {
  const auto& env = edge_of(ex).env();
  const auto& limit = edge_of(ex).configured().rate_limit_unproven;
  if (!is_counted(ex) || limit.is_off()) return {};
  const auto now = env.steady_now();
  const auto left = env.limiter->look(address_key("unproven", ex.client_address), limit, now);
  if (left.granted) return {};
  ex.rate = left;
  return fail(rate_refusal(left, now));
}

template <class Id>
awaitable<result<void>> may_be_looked_up_if_in_memory(http::exchange& ex, Id named) {
  const auto noted = ex.rate;
  auto may = may_cost_a_read(ex);
  if (may || !co_await edge_of(ex).actors().is_in_memory(named, ex.deadline)) co_return may;
  ex.rate = noted; // the window that is spent is not the one that this request counts against
  co_return result<void>{};
}

awaitable<result<void>> may_be_looked_up(http::exchange& ex, session_id named) {
  return may_be_looked_up_if_in_memory(ex, named);
}

awaitable<result<void>> may_be_looked_up(http::exchange& ex, user_id named) {
  return may_be_looked_up_if_in_memory(ex, named);
}

void peek_address_limit(http::exchange& ex) {
  const auto& env = edge_of(ex).env();
  const auto& limit = edge_of(ex).configured().rate_limit_unproven;
  if (is_counted(ex) && !limit.is_off())
    ex.rate =
        env.limiter->look(address_key("unproven", ex.client_address), limit, env.steady_now());
}

void add_rate_headers(const http::exchange& ex, http::response& answer) {
  if (ex.rate.limit == 0) return;
  // What is left of the window is shown as the time of day has it now.
  const auto& env = edge_of(ex).env();
  const auto end = env.now() + (ex.rate.reset - env.steady_now());
  const auto reset = std::chrono::ceil<std::chrono::seconds>(end).time_since_epoch();
  answer.add("X-RateLimit-Limit", std::uint64_t{ex.rate.limit});
  answer.add("X-RateLimit-Remaining", std::uint64_t{ex.rate.remaining});
  answer.add("X-RateLimit-Reset",
             static_cast<std::uint64_t>(std::max<std::int64_t>(0, reset.count())));
}

} // namespace latchkey::gateway
