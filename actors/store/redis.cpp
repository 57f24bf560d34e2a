#include "actors/store/redis.hpp"

#include "config/log.hpp"

#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace latchkey {

// -- who asks -------------------------------------------------------------------------------------

caf::result<messages::done> redis_state::on_ping(messages::ping_redis& request) {
  if (request.deadline <= clock->steady()) return to_error(error_code::timeout);
  auto answered = windows->ping();
  if (!note(answered)) return to_error(answered.error());
  return messages::done{};
}

caf::result<messages::rate_taken> redis_state::on_take(messages::take_rate& request) {
  promise<messages::rate_taken> answer{self};
  askers_.push_back({std::move(request), answer, clock->steady()});
  schedule_flush();
  return answer;
}

void redis_state::on_settle(messages::settle_rate& settled) {
  change(storage::rate_settlement{std::move(settled.key), settled.window, settled.counts});
}

void redis_state::on_forget(messages::forget_rate& forgotten) {
  change(storage::rate_forgetting{std::move(forgotten.key)});
}

void redis_state::change(storage::rate_change made) {
  if (changes_.size() >= changes_max) return;
  changes_.push_back(std::move(made));
  if (!limiter->is_degraded()) schedule_flush();
}

void redis_state::schedule_flush() {
  if (!std::exchange(is_flush_scheduled_, true)) self->send(self, messages::flush{});
}

void redis_state::on_flush(messages::flush&) {
  is_flush_scheduled_ = false;
  flush();
}

// -- a round trip ---------------------------------------------------------------------------------

void redis_state::flush() {
  drop_late();
  if (limiter->is_degraded()) return answer_alone();
  grant_from_leases();
  const auto groups = groups_of_askers();
  if (groups.empty() && changes_.empty()) return;
  const auto asked_at = clock->steady();
  std::vector<storage::rate_question> questions;
  for (const auto& members : groups)
    questions.push_back(limiter->question_for(
        askers_[members.front()].request, static_cast<std::uint32_t>(members.size()), asked_at));
  const auto answers = windows->run(std::exchange(changes_, {}), questions);
  if (!note(answers)) return answer_alone();
  std::vector<asker> kept;
  for (std::size_t i = 0; i < groups.size(); ++i)
    settle(groups[i], questions[i], (*answers)[i], asked_at, kept);
  askers_ = std::move(kept);
  if (!askers_.empty() || limiter->has_leases()) schedule_tick();
}

/// Nobody waits for these any more, and nothing must be taken behind their back.
void redis_state::drop_late() {
  const auto now = clock->steady();
  std::erase_if(askers_, [now](const asker& one) {
    const bool is_late = one.request.deadline <= now;
    if (is_late) one.answer.fail(error_code::timeout);
    return is_late;
  });
}

void redis_state::grant_from_leases() {
  std::erase_if(askers_, [this](const asker& one) {
    if (one.request.holds) return false;
    const auto verdict = limiter->take(one.request.key, one.request.limit, clock->steady());
    if (!verdict.is_undecided) one.answer.deliver(messages::rate_taken{verdict});
    return !verdict.is_undecided;
  });
}

std::vector<redis_state::group> redis_state::groups_of_askers() const {
  std::map<std::tuple<std::string_view, std::uint32_t, std::uint32_t, bool>, group> found;
  for (std::size_t i = 0; i < askers_.size(); ++i) {
    const auto& [key, limit, deadline, holds, waits] = askers_[i].request;
    found[{key, limit.count, limit.window_s, holds}].push_back(i);
  }
  std::vector<group> groups;
  for (auto& [window, members] : found)
    groups.push_back(std::move(members));
  return groups;
}

void redis_state::settle(const group& members, const storage::rate_question& question,
                         const storage::rate_answer& answer, time_point asked_at,
                         std::vector<asker>& kept) {
  auto verdict = limiter->adopt(question, answer, asked_at);
  const auto last_remaining = verdict.remaining;
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    auto& one = askers_[members[i]];
    verdict.granted = i < answer.granted;
    verdict.remaining = verdict.granted ? last_remaining + (answer.granted - 1 - i) : 0;
    if (verdict.granted || !may_wait(one, answer))
      one.answer.deliver(messages::rate_taken{verdict});
    else
      kept.push_back(std::move(one));
  }
}

bool redis_state::may_wait(const asker& one, const storage::rate_answer& answer) const {
  const auto waited = clock->steady() - one.asked_at;
  if (answer.lent > 0 && waited < recall_wait_max) return true;
  return one.request.waits_for_held && answer.held > 0 && waited < held_wait_max;
}

void redis_state::answer_alone() {
  for (const auto& one : std::exchange(askers_, {})) {
    const auto& [key, limit, deadline, holds, waits] = one.request;
    one.answer.deliver(
        messages::rate_taken{limiter->take_alone(key, limit, clock->steady(), holds)});
  }
}

// -- what is due ----------------------------------------------------------------------------------

void redis_state::schedule_tick() {
  if (std::exchange(is_tick_scheduled_, true)) return;
  const auto pause = limiter->is_degraded() ? probe_pause : tick_pause;
  self->delayed_send(self, pause, messages::redis_tick{});
}

void redis_state::on_tick(messages::redis_tick&) {
  is_tick_scheduled_ = false;
  if (limiter->is_degraded() || !windows->connected()) {
    if (!note(windows->ping())) return;
  } else if (limiter->has_leases()) {
    const auto wanted = windows->recalled();
    if (!note(wanted)) return answer_alone();
    add(limiter->recalled_leases(*wanted));
    add(limiter->idle_leases(clock->steady()));
  }
  flush();
  if (limiter->has_leases()) schedule_tick();
}

void redis_state::add(std::vector<storage::rate_change> made) {
  for (auto& one : made)
    changes_.push_back(std::move(one));
}

void redis_state::on_exit() {
  if (!limiter->is_degraded()) {
    add(limiter->all_leases());
    flush();
  }
}

template <class Outcome>
bool redis_state::note(const Outcome& outcome) {
  const bool is_away = !outcome.has_value();
  counts->redis_connections.set(windows->connected() ? 1 : 0);
  if (is_away && !limiter->is_degraded())
    log_warning(name, "is away: this node grants its part of each rate limit by itself (",
                outcome.error().reason, ")");
  if (!is_away && limiter->is_degraded())
    log_info(name, "is back: rate limits are those of all nodes again");
  limiter->set_degraded(is_away);
  if (is_away) schedule_tick();
  if (!is_away && !changes_.empty()) schedule_flush();
  return !is_away;
}

redis_actor::behavior_type redis(redis_actor::stateful_pointer<redis_state> self,
                                 storage::redis_address address, const clock_source* clock,
                                 metrics* counts, std::shared_ptr<shared_rate_limiter> limiter,
                                 std::chrono::milliseconds wait_max) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->clock = clock;
  state->counts = counts;
  state->limiter = std::move(limiter);
  state->windows = std::make_unique<storage::redis_rate_windows>(std::move(address), wait_max);
  self->set_exit_handler([self](caf::exit_msg& end) {
    self->state.on_exit();
    self->quit(std::move(end.reason));
  });
  // Whether it is there; until that is known, whoever asks waits.
  self->send(self, messages::redis_tick{});
  return {handler<&redis_state::on_ping>(state),   handler<&redis_state::on_take>(state),
          handler<&redis_state::on_settle>(state), handler<&redis_state::on_forget>(state),
          handler<&redis_state::on_flush>(state),  handler<&redis_state::on_tick>(state)};
}

} // namespace latchkey
