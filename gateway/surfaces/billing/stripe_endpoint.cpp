// Stripe's webhook: proven, read, applied once. Whatever Stripe could not mend by saying it
// again is answered with 200; it says everything else again for three days.
#include "config/log.hpp"
#include "gateway/request_limit.hpp"
#include "gateway/surfaces/billing/endpoints.hpp"
#include "gateway/surfaces/billing/stripe_event.hpp"
#include "protocol/stripe_signature.hpp"

#include <utility>

namespace latchkey::gateway::billing {
namespace {

http::response receipt(bool acted) {
  return http::json_response(200, acted ? R"({"received":true,"acted":true})"
                                        : R"({"received":true,"acted":false})");
}

result<void> check_signature(const http::exchange& ex, const secret& key) {
  std::string_view header;
  std::size_t count = 0;
  for (const auto& one : ex.in.headers)
    if (http::equal_ignoring_case(one.name, stripe_signature_header)) {
      header = one.value;
      ++count;
    }
  if (count > 1)
    return fail(error_code::validation_error, std::string{stripe_signature_header},
                "is given twice");
  return check_stripe_signature(header, ex.in.body, key, acceptor_of(ex).with().now());
}

/// Whose it is: by the metadata that our own pages put there, else by the customer. USER001
/// when nobody is known.
awaitable<result<user_id>> owner_of(http::exchange& ex, const stripe_change& change) {
  if (!change.user.empty()) co_return co_await resolve_user(ex, change.user);
  const storage::find_stripe_customer question{change.subscription.stripe_customer_id};
  auto found = co_await acceptor_of(ex).read(question, ex.deadline);
  if (!found) co_return tl::unexpected<failure>(found.error());
  if (!*found) co_return fail(error_code::user_not_found);
  co_return **found;
}

/// True: the subscription is as the event says. False: it was not for us to act on.
awaitable<result<bool>> apply(http::exchange& ex, stripe_change change) {
  auto& edge = acceptor_of(ex);
  const auto event = change.word.event;
  auto tier = tier_of(change, edge.configured().stripe_prices, edge.with().tiers);
  if (!tier) {
    log_warning("stripe", "event ", event, " is about a price that STRIPE_PRICES does not name");
    co_return false;
  }
  auto owner = co_await owner_of(ex, change);
  result<messages::subscription_view> changed = fail(error_code::user_not_found);
  if (owner) {
    messages::change_subscription request;
    request.subscription = std::move(change.subscription);
    request.subscription.tier = std::move(*tier);
    request.heard = std::move(change.word);
    request.who = {client_of(ex), "stripe"};
    request.deadline = edge.deadline_for_actors(ex.deadline);
    changed = co_await edge.ask_subscription(*owner, std::move(request), ex.deadline);
  } else {
    changed = tl::unexpected<failure>(owner.error());
  }
  if (changed) co_return true;
  const auto code = changed.error().code;
  if (code == error_code::conflict) co_return false; // seen before, or out of date
  if (code == error_code::user_not_found) {
    log_warning("stripe", "event ", event, " is about a customer who is nobody here");
    co_return false;
  }
  co_return tl::unexpected<failure>(changed.error());
}

} // namespace

awaitable<http::response> stripe_webhook(http::exchange& ex) {
  const auto& key = acceptor_of(ex).configured().stripe_webhook_secret;
  // What Stripe has signed counts for Stripe; anything else for the address that it comes from.
  if (key.empty()) co_return error_answer(ex, counted_failure(ex, failure{error_code::not_found}));
  if (auto good = check_signature(ex, key); !good)
    co_return error_answer(ex, counted_failure(ex, std::move(good.error())));
  if (auto taken = take_one_of_sender(ex, "stripe"); !taken)
    co_return error_answer(ex, taken.error());
  if (!http::is_media_type(ex.in.content_type, "application/json")) {
    const failure refusal{error_code::unsupported_media_type, "Content-Type",
                          "must be application/json"};
    co_return error_answer(ex, refusal);
  }
  auto event = read_stripe_event(ex.in.body);
  if (!event) co_return error_answer(ex, event.error());
  if (!*event) co_return receipt(false);
  auto acted = co_await apply(ex, std::move(**event));
  if (!acted) co_return error_answer(ex, acted.error());
  co_return receipt(*acted);
}

} // namespace latchkey::gateway::billing
