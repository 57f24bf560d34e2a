// change.cpp — a subscription changes: by an administrator, or by an event of Stripe's.
#include "actors/subscription/subscription.hpp"

#include "actors/audit/audit_entry.hpp"
#include "protocol/facts/subscription_status.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

tl::unexpected<failure> no_change(const char* field, const char* reason) {
  return fail(error_code::conflict, field, reason);
}

std::string best_id(const stripe_subscriptions& all, const tier_table& tiers, time_point now) {
  const auto* best = best_subscription(all, tiers, now);
  return best == nullptr ? std::string{} : best->stripe_subscription_id;
}

bool is_canceled(const subscription_record& s) {
  return parse_subscription_status(s.status) == subscription_status::canceled;
}

} // namespace

task<messages::subscription_view>
subscription_state::on_change(messages::change_subscription request) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive, request.deadline);
  if (!turn) co_return turn.error();
  change_plan plan;
  if (request.event) {
    // The store alone has the user's subscriptions at Stripe, which sends events seldom.
    messages::read question{storage::list_stripe_subscriptions{record.user}, request.deadline};
    auto found = co_await ask(env->reader_for(record.user), std::move(question));
    if (!found) co_return found.error();
    auto planned =
        plan_by_stripe(request, std::move(found->as<storage::list_stripe_subscriptions>()));
    if (!planned) co_return planned.error();
    plan = std::move(*planned);
  } else {
    plan.next = by_hand(request);
  }
  if (plan.next) {
    auto entry = audit_entry("subscription.changed", plan.next->tier + ", " + plan.next->status,
                             env->now(), request.author, record.user);
    plan.unit.facts.emplace_back(storage::put_subscription{*plan.next});
    plan.unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  }
  if (!plan.unit.facts.empty()) {
    messages::commit commit{std::move(plan.unit), request.deadline};
    const auto written = co_await ask(env->writer_for(record.user), std::move(commit));
    if (!written) {
      // The store may have another row: one that was written unknown to anybody here.
      if (plan.next) is_known = false;
      co_return written.error();
    }
  }
  if (!plan.next) co_return no_change("event", "is about a subscription beside a better one");
  record = std::move(*plan.next);
  co_await notify_of_change(request.deadline);
  co_return co_await view(request.deadline);
}

/// What only Stripe knows stays as it is.
subscription_record
subscription_state::by_hand(const messages::change_subscription& request) const {
  auto next = request.subscription;
  const auto now = env->now();
  name_row(next);
  next.start_date = record.id.is_nil() ? now : record.start_date;
  next.stripe_customer_id = record.stripe_customer_id;
  next.stripe_subscription_id = record.stripe_subscription_id;
  next.stripe_event_at = record.stripe_event_at;
  if (is_canceled(next) && !next.cancelled_at)
    next.cancelled_at = is_canceled(record) ? record.cancelled_at : now;
  return next;
}

/// Makes it the user's one row.
void subscription_state::name_row(subscription_record& next) const {
  const auto now = env->now();
  next.user = record.user;
  next.id = record.id.is_nil() ? make_uuid(now) : record.id;
  next.created_at = record.id.is_nil() ? now : record.created_at;
  next.updated_at = now;
}

/// Puts the event's subscription among the user's at Stripe, in `all` and in `unit`.
result<void> subscription_state::take_event(const messages::change_subscription& request,
                                            stripe_subscriptions& all, storage::unit& unit) const {
  const auto& event = *request.event;
  const auto now = env->now();
  auto changed = request.subscription;
  auto* known = find_stripe_subscription(all, changed.stripe_subscription_id);
  if (changed.tier.empty() && known != nullptr) changed.tier = known->tier;
  if (changed.tier.empty()) return no_change("price", "is not one that is sold");
  if (known != nullptr)
    if (const auto* why = out_of_date(*known, changed, event)) return no_change("event", why);
  changed.user = record.user;
  changed.stripe_event_at = event.at;
  changed.created_at = known != nullptr ? known->created_at : now;
  changed.updated_at = now;
  if (changed.start_date == time_point{}) changed.start_date = now;
  unit.facts.emplace_back(storage::add_stripe_event{event.id, now});
  unit.facts.emplace_back(storage::put_stripe_subscription{changed});
  if (known != nullptr)
    *known = std::move(changed);
  else
    all.push_back(std::move(changed));
  return {};
}

result<subscription_state::change_plan>
subscription_state::plan_by_stripe(const messages::change_subscription& request,
                                   stripe_subscriptions all) const {
  const auto now = env->now();
  const auto& event = *request.event;
  const auto& id = request.subscription.stripe_subscription_id;
  const auto best_before = best_id(all, env->tiers, now);
  change_plan plan;
  if (event.type == messages::stripe_event::kind::moved)
    std::erase_if(all, [&id](const auto& s) { return s.stripe_subscription_id == id; });
  else if (auto taken = take_event(request, all, plan.unit); !taken)
    return fail(taken.error());
  const auto best_after = best_id(all, env->tiers, now);
  const bool is_another = best_after != best_before || best_after != record.stripe_subscription_id;
  // What has never begun, or is long over, takes nothing that an administrator gave.
  const bool is_given_by_hand =
      !record.id.is_nil() && record.stripe_subscription_id.empty() && is_live(record, now);
  const auto* best = best_subscription(all, env->tiers, now);
  const bool is_in_vain = is_given_by_hand && (best == nullptr || !is_live(*best, now));
  if (is_in_vain || (best_after != id && !is_another)) return plan;
  auto& next = plan.next.emplace(best != nullptr ? *best : record);
  if (best == nullptr) { // the only one is another user's now
    next.tier = "free";
    next.status = to_string(subscription_status::canceled);
    next.cancelled_at = next.end_date = now;
    next.stripe_subscription_id.clear();
    next.stripe_customer_id.clear();
  }
  name_row(next);
  next.stripe_event_at = std::max(record.stripe_event_at, std::optional{event.at});
  return plan;
}

} // namespace latchkey
