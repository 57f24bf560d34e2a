#include "actors/subscription/subscription.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/base/shard_round.hpp"
#include "actors/limits/quota_window.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey {
namespace {

/// After which one whose user was removed looks whether everybody has been answered.
constexpr std::chrono::seconds last_answers_within{1};

constexpr std::string_view keys_quota = "api_keys"; // counted by the keys themselves

/// Whether one of them lets the user do what the other does not, or is called otherwise.
bool counts_otherwise(const subscription_record& one, const subscription_record& other,
                      time_point now) {
  return one.status != other.status || tier_in_force(one, now) != tier_in_force(other, now);
}

failure quota_failure(const std::string& quota, std::int64_t limit,
                      std::optional<time_point> resets_at, time_point now) {
  failure out{error_code::quota_exceeded};
  out.more = "\"quota\":";
  append_json_string(out.more, quota);
  out.more += ",\"limit\":" + std::to_string(limit) + ",\"resets_at\":";
  if (!resets_at) {
    out.more += "null";
    return out;
  }
  append_json_string(out.more, to_rfc3339_seconds(*resets_at));
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*resets_at - now).count();
  out.retry_after_s = static_cast<std::uint32_t>(std::max<std::int64_t>(wait, 1));
  return out;
}

} // namespace

subscription_record default_subscription(const user_record& user) {
  subscription_record out;
  out.user = user.id;
  out.start_date = out.created_at = out.updated_at = user.created_at;
  return out;
}

template <class Promise, class Go>
void subscription_state::take_turn(turnstile::kind how, time_point deadline, const Promise& answer,
                                   Go go) {
  last_used = env->steady_now();
  auto begin = [this, deadline, answer, go, talk = talks_](turnstile::turn turn) {
    if (is_known) return go(std::move(turn));
    storage::find_subscription what{record.user};
    self->request(env->reader_for(record.user), no_timeout, messages::read{what, deadline})
        .then(
            [this, deadline, go, turn, talk](messages::found& found) {
              is_known = true;
              auto& stored = found.as<storage::find_subscription>();
              if (!stored) return go(turn);
              const bool is_other = counts_otherwise(*stored, record, env->now());
              record = std::move(*stored);
              if (!is_other) return go(turn);
              tell_of_change(deadline, [go, turn, talk] { go(turn); });
            },
            [answer, turn, talk](caf::error& error) { answer.deliver(error); });
  };
  if (!turns->enter(how, std::move(begin))) answer.fail(error_code::overloaded);
}

// -- what there is -------------------------------------------------------------------

caf::result<messages::subscription_view>
subscription_state::on_describe(messages::describe_subscription& request) {
  if (leaving) return gone();
  view_promise answer{self};
  const auto deadline = request.deadline;
  take_turn(turnstile::kind::shared, deadline, answer,
            [this, deadline, answer](turnstile::turn turn) {
              describe(deadline, answer, std::move(turn));
            });
  return answer;
}

void subscription_state::describe(time_point deadline, const view_promise& answer,
                                  turnstile::turn turn) {
  storage::list_quota_usage what{record.user};
  self->request(env->reader_for(record.user), no_timeout, messages::read{what, deadline})
      .then(
          [this, deadline, answer, turn, talk = talks_](messages::found& found) {
            const auto now = env->now();
            messages::subscription_view view{record, std::string{tier_in_force(record, now)}, {}};
            for (const auto& [quota, allowed] : env->tiers.quotas_of(view.tier)) {
              const auto window = quota_window_start(allowed.renewed, now);
              std::int64_t used = 0;
              for (const auto& row : found.as<storage::list_quota_usage>())
                if (row.quota == quota && row.window_start == window) used = row.used;
              view.quotas.push_back(
                  {quota, allowed.limit, used, quota_resets_at(allowed.renewed, now)});
            }
            count_keys(std::move(view), deadline, answer, turn);
          },
          [answer, turn, talk = talks_](caf::error& error) { answer.deliver(error); });
}

void subscription_state::count_keys(messages::subscription_view view, time_point deadline,
                                    const view_promise& answer, turnstile::turn turn) {
  const auto at = std::ranges::find(view.quotas, keys_quota, &messages::quota_view::quota);
  if (at == view.quotas.end()) return answer.deliver(std::move(view));
  const auto index = at - view.quotas.begin();
  storage::list_api_keys what{record.user, env->now()};
  self->request(env->reader_for(record.user), no_timeout, messages::read{what, deadline})
      .then(
          [view = std::move(view), index, answer, turn,
           talk = talks_](messages::found& found) mutable {
            view.quotas[static_cast<std::size_t>(index)].used =
                std::ssize(found.as<storage::list_api_keys>());
            answer.deliver(std::move(view));
          },
          [answer, turn, talk = talks_](caf::error& error) { answer.deliver(error); });
}

// -- what changes ----------------------------------------------------------------------

caf::result<messages::subscription_view>
subscription_state::on_change(messages::change_subscription& request) {
  if (leaving) return gone();
  view_promise answer{self};
  take_turn(
      turnstile::kind::exclusive, request.deadline, answer,
      [this, request, answer](turnstile::turn turn) { change(request, answer, std::move(turn)); });
  return answer;
}

/// An administrator's word: what only Stripe knows stays as it is.
subscription_record subscription_state::merged(const messages::change_subscription& request) const {
  auto next = request.subscription;
  const auto now = env->now();
  name_row(next);
  next.start_date = record.id.is_nil() ? now : record.start_date;
  next.stripe_customer_id = record.stripe_customer_id;
  next.stripe_subscription_id = record.stripe_subscription_id;
  next.stripe_event_at = record.stripe_event_at;
  if (next.status == "canceled" && !next.cancelled_at)
    next.cancelled_at = record.status == "canceled" ? record.cancelled_at : now;
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

void subscription_state::change(messages::change_subscription request, const view_promise& answer,
                                turnstile::turn turn) {
  if (request.event) return look_at_stripes(std::move(request), answer, std::move(turn));
  auto next = merged(request);
  commit(request, {}, std::move(next), answer, std::move(turn));
}

/// What Stripe said so far of the user's subscriptions stands in the store alone: it speaks
/// seldom.
void subscription_state::look_at_stripes(messages::change_subscription request,
                                         const view_promise& answer, turnstile::turn turn) {
  storage::list_stripe_subscriptions what{record.user};
  self->request(env->reader_for(record.user), no_timeout, messages::read{what, request.deadline})
      .then(
          [this, request = std::move(request), answer, turn,
           talk = talks_](messages::found& found) mutable {
            hear(std::move(request), std::move(found.as<storage::list_stripe_subscriptions>()),
                 answer, turn);
          },
          [answer, turn, talk = talks_](caf::error& error) { answer.deliver(error); });
}

void subscription_state::hear(messages::change_subscription request, stripe_subscriptions all,
                              const view_promise& answer, turnstile::turn turn) {
  const auto now = env->now();
  const auto& word = *request.event;
  const bool is_moved = word.type == messages::stripe_event::kind::moved;
  auto said = request.subscription;
  const auto id = said.stripe_subscription_id;
  const auto conflict = [&](const char* field, const char* why) {
    answer.fail(failure{error_code::conflict, field, why});
  };
  const auto best_id = [&] {
    const auto* best = best_subscription(all, env->tiers, now);
    return best == nullptr ? std::string{} : best->stripe_subscription_id;
  };
  const auto best_before = best_id();
  storage::unit unit;
  if (is_moved) {
    std::erase_if(all, [&](const auto& one) { return one.stripe_subscription_id == id; });
  } else {
    auto* known = find_stripe_subscription(all, id);
    if (said.tier.empty() && known != nullptr) said.tier = known->tier;
    if (said.tier.empty()) return conflict("price", "is not one that is sold");
    if (known != nullptr)
      if (const auto* why = out_of_date(*known, said, word)) return conflict("event", why);
    said.user = record.user;
    said.stripe_event_at = word.at;
    said.created_at = known != nullptr ? known->created_at : now;
    said.updated_at = now;
    if (said.start_date == time_point{}) said.start_date = now;
    unit.facts.emplace_back(storage::add_stripe_event{word.id, now});
    unit.facts.emplace_back(storage::put_stripe_subscription{said});
    if (known != nullptr)
      *known = said;
    else
      all.push_back(said);
  }
  const auto best_after = best_id();
  const bool is_another = best_after != best_before || best_after != record.stripe_subscription_id;
  // What has never begun, or is long over, takes nothing that an administrator gave.
  const bool is_given_by_hand =
      !record.id.is_nil() && record.stripe_subscription_id.empty() && is_live(record, now);
  const auto* best = best_subscription(all, env->tiers, now);
  const bool is_in_vain = is_given_by_hand && (best == nullptr || !is_live(*best, now));
  if (is_in_vain || (best_after != id && !is_another))
    return keep(std::move(unit), request.deadline, answer, std::move(turn));
  auto next = record;
  if (best != nullptr) {
    next = *best;
  } else { // the only one has gone to somebody else
    next.tier = "free";
    next.status = "canceled";
    next.cancelled_at = next.end_date = now;
    next.stripe_subscription_id.clear();
    next.stripe_customer_id.clear();
  }
  name_row(next);
  next.stripe_event_at = std::max(record.stripe_event_at, std::optional{word.at});
  commit(request, std::move(unit), std::move(next), answer, std::move(turn));
}

/// What was said of one of Stripe's subscriptions that is not the user's best.
void subscription_state::keep(storage::unit unit, time_point deadline, const view_promise& answer,
                              turnstile::turn turn) {
  const failure beside{error_code::conflict, "event",
                       "is about a subscription beside a better one"};
  if (unit.facts.empty()) return answer.fail(beside);
  self->request(env->writer_for(record.user), no_timeout,
                messages::commit{std::move(unit), deadline})
      .then([beside, answer, turn, talk = talks_](storage::written&) { answer.fail(beside); },
            [answer, turn, talk = talks_](caf::error& error) { answer.deliver(error); });
}

/// Makes `next` the user's subscription, together with what is in `unit` already.
void subscription_state::commit(const messages::change_subscription& request, storage::unit unit,
                                subscription_record next, const view_promise& answer,
                                turnstile::turn turn) {
  auto entry = audit_entry("subscription.changed", next.tier + ", " + next.status, env->now(),
                           request.who, record.user);
  unit.facts.emplace_back(storage::put_subscription{next});
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  self->request(env->writer_for(record.user), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [this, next = std::move(next), deadline = request.deadline, answer, turn,
           talk = talks_](storage::written&) mutable {
            record = std::move(next);
            tell_of_change(deadline, [this, deadline, answer, turn, talk] {
              describe(deadline, answer, turn);
            });
          },
          [this, answer, turn, talk = talks_](caf::error& error) {
            // It may have been written although nobody could say so, or somebody else has.
            is_known = false;
            answer.deliver(error);
          });
}

void subscription_state::tell_of_change(time_point deadline, std::function<void()> done) {
  // What has been committed is true whoever could be told: no answer depends on it.
  const auto go_on = [this, done = std::move(done), talk = talks_](const caf::error* error) {
    if (error != nullptr && !is_gone(*error))
      log_warning(name, "the user's actor has not learnt of another tier");
    tell_sessions(done);
  };
  const auto failed = [go_on](caf::error& error) { go_on(&error); };
  self->request(env->directory_for(record.user), no_timeout, messages::find_user{record.user})
      .then(
          [this, deadline, go_on, failed](user_actor& owner) {
            self->request(owner, no_timeout, messages::reload_user{deadline})
                .then([go_on](messages::done&) { go_on(nullptr); }, failed);
          },
          failed);
}

void subscription_state::tell_sessions(std::function<void()> done) {
  const messages::user_subscription_changed news{
      record.user, std::string{tier_in_force(record, env->now())}, record.status};
  tell_shards(self, *env, news, talks_, [done = std::move(done)](const caf::error* error) {
    if (error != nullptr) log_warning(name, "not every session has learnt of another tier");
    done();
  });
}

// -- what is used ------------------------------------------------------------------------

caf::result<messages::spent> subscription_state::on_spend(messages::spend& request) {
  if (leaving) return gone();
  spent_promise answer{self};
  take_turn(
      turnstile::kind::shared, request.deadline, answer,
      [this, request, answer](turnstile::turn turn) { spend(request, answer, std::move(turn)); });
  return answer;
}

void subscription_state::spend(messages::spend request, const spent_promise& answer,
                               turnstile::turn turn) {
  const auto now = env->now();
  const auto allowed = env->tiers.quota_of(tier_in_force(record, now), request.quota);
  const auto window = quota_window_start(allowed.renewed, now);
  storage::unit unit;
  unit.facts.emplace_back(
      storage::spend_quota{record.user, request.quota, window, request.amount, allowed.limit, now});
  for (auto& fact : request.with)
    unit.facts.push_back(std::move(fact));
  self->request(env->writer_for(record.user), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then([answer, turn, talk = talks_](
                storage::written& written) { answer.deliver(messages::spent{written.quota_used}); },
            [answer, turn, talk = talks_, quota = request.quota, allowed, now](caf::error& error) {
              const auto why = to_failure(error);
              if (why.code != error_code::quota_exceeded || why.field != quota)
                return answer.deliver(error);
              answer.fail(quota_failure(quota, allowed.limit.value_or(0),
                                        quota_resets_at(allowed.renewed, now), now));
            });
}

void subscription_state::on_owner_removed(messages::owner_removed&) {
  leaving = true;
  // Those who are being served hear of it from the store.
  if (talks_.use_count() > 1)
    self->delayed_send(self, last_answers_within, messages::owner_removed{});
  else
    self->quit();
}

void subscription_state::on_sweep(messages::sweep& sweep) {
  if (leaving || talks_.use_count() > 1 || sweep.now < last_used + env->policy.memory_idle) return;
  leaving = true;
  self->request(env->directory_for(record.user), no_timeout,
                messages::leave_subscription{record.user})
      .then([this](messages::done&) { self->quit(); }, [this](caf::error&) { leaving = false; });
}

subscription_actor::behavior_type
subscription(subscription_actor::stateful_pointer<subscription_state> self,
             subscription_record record, actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->record = std::move(record);
  state->last_used = state->env->steady_now();
  state->turns.emplace(self);
  return {handler(state, &subscription_state::on_describe),
          handler(state, &subscription_state::on_change),
          handler(state, &subscription_state::on_spend),
          handler(state, &subscription_state::on_owner_removed),
          handler(state, &subscription_state::on_sweep)};
}

} // namespace latchkey
