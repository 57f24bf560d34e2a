// Stripe's webhook: proven, read, applied once. Whatever Stripe could not mend by saying it
// again is answered with 200; it says everything else again for three days.
#include "config/log.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/surfaces/billing/stripe_event.hpp"
#include "protocol/tokens/stripe_signature.hpp"

#include <optional>
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
  for (const auto& header_line : ex.in.headers)
    if (http::equal_ignoring_case(header_line.name, stripe_signature_header)) {
      header = header_line.value;
      ++count;
    }
  if (count > 1)
    return fail(error_code::validation_error, std::string{stripe_signature_header},
                "is given twice");
  // By the time of day as the machine has it: Stripe's is compared with it.
  return check_stripe_signature(header, ex.in.body, key, system_clock_source().now());
}

/// Whose it is: by the metadata that our own pages put there, else whose the subscription was
/// before, else by the customer. USER001 when nobody is known.
awaitable<result<user_id>> owner_of(http::exchange& ex, const stripe_change& change,
                                    const std::optional<subscription_record>& known) {
  if (!change.user.empty()) co_return co_await resolve_user(ex, change.user);
  if (known) co_return known->user;
  const storage::find_stripe_customer question{change.subscription.stripe_customer_id};
  auto found = co_await edge_of(ex).read(question, ex.deadline);
  if (!found) co_return fail(found.error());
  if (!*found) co_return fail(error_code::user_not_found);
  co_return **found;
}

messages::change_subscription request_of(http::exchange& ex, const stripe_change& change) {
  messages::change_subscription request;
  request.subscription = change.subscription;
  request.event = change.event;
  request.author = {client_of(ex), "stripe"};
  request.deadline = edge_of(ex).deadline_for_actors(ex.deadline);
  return request;
}

/// Takes the subscription from its previous owner. This comes first: Stripe repeats an event that
/// is cut off here.
awaitable<result<void>> take_from(http::exchange& ex, user_id before, const stripe_change& change) {
  auto request = request_of(ex, change);
  request.event->type = messages::stripe_event::kind::moved;
  auto taken = co_await edge_of(ex).ask_subscription(before, std::move(request), ex.deadline);
  if (taken) co_return result<void>{};
  const auto code = taken.error().code;
  if (code == error_code::conflict || code == error_code::user_not_found) co_return result<void>{};
  co_return fail(taken.error());
}

/// To its owner, who may be another than before.
awaitable<result<void>> hand_over(http::exchange& ex, const stripe_change& change) {
  auto& edge = edge_of(ex);
  const storage::find_stripe_subscription question{change.subscription.stripe_subscription_id};
  auto found = co_await edge.read(question, ex.deadline);
  if (!found) co_return fail(found.error());
  const auto& known = found->known;
  auto owner = co_await owner_of(ex, change, known);
  if (!owner) co_return fail(owner.error());
  if (known && known->user != *owner) {
    if (known->stripe_event_at > change.event.at)
      co_return fail(error_code::conflict, "event", "is older than what is known");
    auto taken = co_await take_from(ex, known->user, change);
    if (!taken) co_return taken;
  }
  auto request = request_of(ex, change);
  auto changed = co_await edge.ask_subscription(*owner, std::move(request), ex.deadline);
  if (!changed) co_return fail(changed.error());
  co_return result<void>{};
}

/// True: the user's subscription is as the event says. False: it was not for us to act on.
awaitable<result<bool>> apply(http::exchange& ex, stripe_change change) {
  auto& edge = edge_of(ex);
  const auto event = change.event.id;
  auto tier = tier_of(change, edge.configured().stripe_prices, edge.env().tiers);
  if (!tier)
    log_warning("stripe", "event ", event, " is about a price that STRIPE_PRICES does not name");
  change.subscription.tier = tier.value_or("");
  auto done = co_await hand_over(ex, change);
  if (done) co_return true;
  const auto code = done.error().code;
  if (code == error_code::conflict) co_return false; // seen before, out of date, or not sold
  if (code == error_code::user_not_found) {
    log_warning("stripe", "event ", event, " is about an unknown customer");
    co_return false;
  }
  co_return fail(done.error());
}

} // namespace

awaitable<result<http::response>> stripe_webhook(http::exchange& ex) {
  const auto& key = edge_of(ex).configured().stripe_webhook_secret;
  // What Stripe has signed counts for Stripe; anything else for the address that it comes from.
  if (key.empty()) {
    failure unknown{error_code::not_found};
    co_return fail(co_await charge_address_on_failure(ex, std::move(unknown)));
  }
  if (auto good = check_signature(ex, key); !good)
    co_return fail(co_await charge_address_on_failure(ex, std::move(good.error())));
  if (auto charged = co_await charge_sender_limit(ex, "stripe"); !charged)
    co_return fail(charged.error());
  if (!http::is_media_type(ex.in.content_type, "application/json"))
    co_return fail(error_code::unsupported_media_type, "Content-Type", "must be application/json");
  auto event = read_stripe_event(ex.in.body);
  if (!event) co_return fail(event.error());
  if (!*event) co_return receipt(false);
  auto acted = co_await apply(ex, std::move(**event));
  if (!acted) co_return fail(acted.error());
  co_return receipt(*acted);
}

} // namespace latchkey::gateway::billing
