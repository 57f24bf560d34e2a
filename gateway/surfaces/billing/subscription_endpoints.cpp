// Subscriptions as their owners see them and administrators set them.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/billing/render.hpp"
#include "gateway/surfaces/billing/stripe_event.hpp"
#include "protocol/facts/subscription_status.hpp"
#include "protocol/text/control_characters.hpp"

#include <utility>

namespace latchkey::gateway::billing {
namespace {

constexpr std::size_t word_bytes_max = 50; // tier, status: VARCHAR(50)

result<subscription_record> read_subscription(const http::exchange& ex) {
  auto body = input::of(ex.in);
  subscription_record out;
  out.tier = body.text("tier", 1, word_bytes_max);
  if (body.has("status")) out.status = body.text("status", 1, word_bytes_max);
  out.end_date = body.optional_time("end_date");
  out.trial_ends_at = body.optional_time("trial_ends_at");
  out.payment_method = body.optional_text("payment_method", payment_method_bytes_max).value_or("");
  if (auto read = body.done(); !read) return fail(read.error());
  if (!edge_of(ex).env().tiers.has(out.tier))
    return fail(error_code::validation_error, "tier", "is not one of the tiers");
  if (parse_subscription_status(out.status) == subscription_status::other)
    return fail(error_code::validation_error, "status", "is not a subscription's status");
  auto good = check_no_control_characters("payment_method", out.payment_method);
  if (!good) return fail(good.error());
  return out;
}

} // namespace

awaitable<result<http::response>> get_subscription(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  messages::describe_subscription question{edge.deadline_for_actors(ex.deadline)};
  auto view = co_await edge.ask_subscription(caller.user, std::move(question), ex.deadline);
  if (!view) co_return fail(view.error());
  const auto viewer =
      caller.may("subscriptions:write") ? looked_at_by::administrator : looked_at_by::owner;
  co_return http::json_response(200, subscription_body(*view, viewer));
}

awaitable<result<http::response>> put_subscription(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto given = read_subscription(ex);
  if (!given) co_return fail(given.error());
  auto owner = co_await resolve_user(ex, ex.params["user_id"]);
  if (!owner) co_return fail(owner.error());
  messages::change_subscription request;
  request.subscription = std::move(*given);
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto view = co_await edge.ask_subscription(*owner, std::move(request), ex.deadline);
  if (!view) co_return fail(view.error());
  co_return http::json_response(200, subscription_body(*view, looked_at_by::administrator));
}

} // namespace latchkey::gateway::billing
