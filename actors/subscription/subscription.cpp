#include "actors/subscription/subscription.hpp"

#include "actors/base/shard_round.hpp"
#include "actors/cluster/announce.hpp"
#include "actors/limits/quota.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey {
namespace {

/// Whether sessions must know of the difference.
bool is_other(const subscription_record& a, const subscription_record& b, time_point now) {
  return a.status != b.status || tier_in_force(a, now) != tier_in_force(b, now);
}

} // namespace

subscription_record default_subscription(const user_record& user) {
  subscription_record out;
  out.user = user.id;
  out.start_date = out.created_at = out.updated_at = user.created_at;
  return out;
}

task<turnstile::turn> subscription_state::take_turn(turnstile::kind kind, time_point deadline) {
  auto turn = co_await turns->enter(kind);
  if (!turn || is_known) co_return turn;
  messages::read question{storage::find_subscription{record.user}, deadline};
  auto found = co_await ask(env->reader_for(record.user), std::move(question));
  if (!found) co_return found.error();
  is_known = true;
  auto& stored = found->as<storage::find_subscription>();
  if (!stored) co_return turn;
  const bool has_changed = is_other(*stored, record, env->now());
  record = std::move(*stored);
  if (has_changed) co_await notify_of_change(deadline);
  co_return turn;
}

// -- what there is -------------------------------------------------------------------

task<messages::subscription_view>
subscription_state::on_describe(messages::describe_subscription request) {
  const auto turn = co_await take_turn(turnstile::kind::shared, request.deadline);
  if (!turn) co_return turn.error();
  co_return co_await view(request.deadline);
}

task<messages::subscription_view> subscription_state::view(time_point deadline) {
  messages::read usage_question{storage::list_quota_usage{record.user}, deadline};
  auto usage = co_await ask(env->reader_for(record.user), std::move(usage_question));
  if (!usage) co_return usage.error();
  const auto now = env->now();
  messages::subscription_view out{record, std::string{tier_in_force(record, now)}, {}};
  for (const auto& [quota, allowed] : env->tiers.quotas_of(out.tier)) {
    const auto window = quota_window_start(allowed.renewed, now);
    std::int64_t used = 0;
    for (const auto& row : usage->as<storage::list_quota_usage>())
      if (row.quota == quota && row.window_start == window) used = row.used;
    out.quotas.push_back({quota, allowed.limit, used, quota_resets_at(allowed.renewed, now)});
  }
  const auto keys = std::ranges::find(out.quotas, api_keys_quota, &messages::quota_view::quota);
  if (keys == out.quotas.end()) co_return out;
  messages::read keys_question{storage::list_api_keys{record.user, now}, deadline};
  auto found = co_await ask(env->reader_for(record.user), std::move(keys_question));
  if (!found) co_return found.error();
  keys->used = std::ssize(found->as<storage::list_api_keys>());
  co_return out;
}

// -- what others must know -----------------------------------------------------------------

task<> subscription_state::notify_of_change(time_point deadline) {
  // What has been committed is true whoever could be notified: no answer depends on it.
  const messages::find_user owner{record.user};
  const messages::reload_user reload{deadline};
  const auto reloaded = co_await ask_resident(env->directory_for(record.user), owner, reload);
  if (!reloaded) log_warning(name, "the user's actor was not notified of the new tier");
  const messages::user_subscription_changed event{
      record.user, std::string{tier_in_force(record, env->now())}, record.status};
  const auto notified = co_await notify_shards(*env, event);
  if (!notified) log_warning(name, "not every session was notified of the new tier");
  const auto announced = co_await announce(*env, event);
  if (!announced) log_warning(name, "the other nodes were not told of the new tier");
}

task<messages::done> subscription_state::reread() {
  read_in = env->trust->epoch();
  is_known = false;
  co_return messages::done{};
}

caf::result<messages::done> subscription_state::on_user_changed(messages::user_changed&) {
  is_known = false;
  return messages::done{};
}

// -- what is used ------------------------------------------------------------------------

task<messages::spent> subscription_state::on_spend(messages::spend request) {
  const auto turn = co_await take_turn(turnstile::kind::shared, request.deadline);
  if (!turn) co_return turn.error();
  const auto now = env->now();
  const auto allowed = env->tiers.quota_of(tier_in_force(record, now), request.quota);
  const auto window = quota_window_start(allowed.renewed, now);
  storage::unit unit;
  unit.facts.emplace_back(
      storage::spend_quota{record.user, request.quota, window, request.amount, allowed.limit, now});
  std::ranges::move(request.also, std::back_inserter(unit.facts));
  messages::commit commit{std::move(unit), request.deadline};
  const auto written = co_await ask(env->writer_for(record.user), std::move(commit));
  if (written) co_return messages::spent{written->quota_used};
  const auto& why = written.error();
  if (why.code != error_code::quota_exceeded || why.field != request.quota) co_return why;
  co_return quota_exceeded(request.quota, allowed.limit.value_or(0),
                           quota_resets_at(allowed.renewed, now), now);
}

// -- leaving -----------------------------------------------------------------------------

void subscription_state::on_owner_removed(messages::owner_removed&) {
  set_removed();
  end_when_answered(self);
}

void subscription_state::on_sweep(messages::sweep& sweep) {
  if (is_removed()) return end_when_answered(self);
  if (is_leaving() || has_conversations() || !is_unused(sweep, env->policy.memory_idle)) return;
  leave(self, env->directory_for(record.user), messages::leave_subscription{record.user});
}

subscription_actor::behavior_type
subscription(subscription_actor::stateful_pointer<subscription_state> self,
             subscription_record record, actor_env_ptr env, std::uint64_t read_in) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->record = std::move(record);
  state->read_in = read_in;
  state->last_used = state->env->steady_now();
  state->turns.emplace(self);
  return {accepting<&subscription_state::on_describe>(state),
          accepting<&subscription_state::on_change>(state),
          accepting<&subscription_state::on_spend>(state),
          handler<&subscription_state::on_owner_removed>(state),
          handler<&subscription_state::on_user_changed>(state),
          handler<&subscription_state::on_sweep>(state)};
}

} // namespace latchkey
