#include "gateway/request/request_limit.hpp"

#include "gateway/request/client_address.hpp"
#include "gateway/request/endpoint.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <array>
#include <chrono>

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

result<void> charge_limit(http::exchange& ex, std::string_view key, const rate_limit& limit) {
  if (!is_counted(ex) || limit.is_off()) return {};
  const auto& env = edge_of(ex).env();
  const auto now = env.steady_now();
  ex.rate = env.limiter->take(key, limit, now);
  if (ex.rate.granted) return {};
  return fail(rate_refusal(ex.rate, now));
}

result<void> charge_limit(http::exchange& ex, const principal& caller) {
  const auto& set = edge_of(ex).configured();
  const auto kind = ex.matched->needs.limit;
  if (kind == http::window::gateway)
    return charge_limit(ex, key_of(caller).add(":gateway").text(), set.rate_limit_gateway);
  auto charged = charge_limit(ex, key_of(caller).text(), set.rate_limit_default);
  if (kind == http::window::keeping) return {};
  return charged;
}

result<void> charge_live_limit(reactor_edge& edge, const user_id& user) {
  const auto& limit = edge.configured().rate_limit_live;
  if (limit.is_off()) return {};
  const auto now = edge.env().steady_now();
  const auto verdict = edge.env().limiter->take(key_of(user).add(":live").text(), limit, now);
  if (verdict.granted) return {};
  return fail(rate_refusal(verdict, now));
}

result<void> charge_handshake_limit(http::exchange& ex, const user_id& user) {
  return charge_limit(ex, key_of(user).add(":open").text(),
                      edge_of(ex).configured().rate_limit_handshakes);
}

result<void> charge_refresh_limit(http::exchange& ex, const user_id& user) {
  return charge_limit(ex, key_of(user).add(":refresh").text(),
                      edge_of(ex).configured().rate_limit_refresh);
}

result<void> charge_silent_refresh_limit(http::exchange& ex) {
  const auto& limit = edge_of(ex).configured().rate_limit_refresh;
  if (limit.is_off()) return {};
  return charge_limit(ex, address_key("refresh", ex.client_address), limit);
}

result<void> charge_sender_limit(http::exchange& ex, std::string_view sender) {
  short_key key;
  return charge_limit(ex, key.add("sender:").add(sender).text(),
                      edge_of(ex).configured().rate_limit_webhook);
}

result<void> charge_limit(http::exchange& ex, const service_principal& caller) {
  const auto& own = caller.service->limit;
  const auto& limit = own.is_off() ? edge_of(ex).configured().rate_limit_service : own;
  short_key key;
  return charge_limit(ex, key.add("service:").add(caller.service->id).text(), limit);
}

result<void> charge_address_limit(http::exchange& ex) {
  const auto& set = edge_of(ex).configured();
  const bool signs_in = ex.matched != nullptr && ex.matched->needs.limit == http::window::sign_in;
  const auto& limit = signs_in ? set.rate_limit_sign_in : set.rate_limit_default;
  if (limit.is_off()) return {};
  return charge_limit(ex, address_key(signs_in ? "sign-in" : "address", ex.client_address), limit);
}

result<void> charge_unproven_limit(http::exchange& ex) {
  const auto& limit = edge_of(ex).configured().rate_limit_unproven;
  if (limit.is_off()) return {};
  return charge_limit(ex, address_key("unproven", ex.client_address), limit);
}

failure charge_address_on_failure(http::exchange& ex, failure error) {
  if (!has_failed_to_prove(error.code)) return error;
  auto charged = charge_unproven_limit(ex);
  return charged ? std::move(error) : std::move(charged.error());
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
