#include "actors/limits/shared_rate_limiter.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {
namespace {

/// Of what is left a node is lent one of so many, times the number of members.
constexpr std::size_t lease_part = 4;

} // namespace

shared_rate_limiter::shared_rate_limiter(std::size_t keys_max) : windows_(keys_max) {}

void shared_rate_limiter::set_members(std::size_t members) {
  members_ = std::max<std::size_t>(members, 1);
}

// -- for everybody --------------------------------------------------------------------------------

rate_verdict shared_rate_limiter::take(std::string_view key, const rate_limit& limit,
                                       time_point now) {
  return take(key, limit, now, false);
}

rate_verdict shared_rate_limiter::hold(std::string_view key, const rate_limit& limit,
                                       time_point now) {
  return take(key, limit, now, true);
}

rate_verdict shared_rate_limiter::take(std::string_view key, const rate_limit& limit,
                                       time_point now, bool holds) {
  if (limit.is_off()) return {};
  if (is_degraded()) return take_alone(key, limit, now, holds);
  rate_verdict undecided{false, limit.count, 0, {}, 0, true};
  if (holds) return undecided;
  const rate_key named{key};
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  auto* const counted = shard.find_running(named, now);
  if (counted == nullptr) return undecided;
  if (counted->lease > 0) {
    --counted->lease;
    ++counted->spent;
    return {true, limit.count, counted->left + counted->lease, counted->reset};
  }
  if (now < counted->refused_until && counted->limit == limit.count)
    return {false, limit.count, 0, counted->reset};
  return undecided;
}

rate_verdict shared_rate_limiter::look(std::string_view key, const rate_limit& limit,
                                       time_point now) {
  if (limit.is_off()) return {};
  const rate_key named{key};
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  const auto* const counted = shard.find_running(named, now);
  if (counted == nullptr)
    return {true, limit.count, limit.count, now + std::chrono::seconds{limit.window_s}};
  const auto part = node_part_of(limit, members_).count;
  const auto left = is_degraded() ? part - std::min(part, counted->spent) : counted->left;
  const bool is_refused = is_degraded()
                              ? left + counted->lease == 0
                              : now < counted->refused_until && counted->limit == limit.count;
  return {!is_refused, limit.count, left + counted->lease, counted->reset, counted->held};
}

void shared_rate_limiter::settle(std::string_view key, time_point reset, bool counts) {
  const rate_key named{key};
  messages::settle_rate told{std::string{named.text}, 0, counts};
  {
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    auto* const counted = shard.find(named);
    if (counted == nullptr || counted->reset != reset) return;
    if (!counts && counted->spent > 0) --counted->spent;
    if (counted->held > 0) { // while Redis was away
      --counted->held;
      if (!counts && counted->owed > 0) --counted->owed;
      return;
    }
    told.window = counted->id;
  }
  if (redis_) caf::anon_send(redis_, std::move(told));
}

void shared_rate_limiter::forget(std::string_view key) {
  const rate_key named{key};
  {
    auto& shard = windows_.shard_of(named);
    const std::lock_guard lock{shard.mutex};
    if (auto* const counted = shard.find(named)) {
      counted->spent = counted->owed = counted->held;
      counted->refused_until = {};
    }
  }
  if (redis_) caf::anon_send(redis_, messages::forget_rate{std::string{named.text}});
}

// -- with Redis -----------------------------------------------------------------------------------

storage::rate_question shared_rate_limiter::question_for(const messages::take_rate& request,
                                                         std::uint32_t wanted, time_point now) {
  storage::rate_question question;
  const rate_key named{request.key};
  question.key = named.text;
  question.limit = request.limit.count;
  question.window_s = request.limit.window_s;
  question.wanted = wanted;
  question.holds = request.holds;
  if (!request.holds) question.lease_divisor = static_cast<std::uint32_t>(lease_part * members_);
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  if (const auto* const counted = shard.find_running(named, now)) {
    question.unspent = counted->lease;
    question.owed = counted->owed;
  }
  return question;
}

rate_verdict shared_rate_limiter::adopt(const storage::rate_question& question,
                                        const storage::rate_answer& answer, time_point asked_at) {
  const rate_key named{question.key};
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  auto* counted = shard.find_running(named, asked_at);
  if (counted == nullptr || counted->id != answer.window) {
    // The end of it here comes no later than in Redis, which was asked after that moment.
    const auto reset = asked_at + answer.ends_in;
    const auto owed = counted != nullptr ? counted->owed : 0;
    const auto spent = counted != nullptr && counted->id == 0 ? counted->spent : owed;
    counted = &shard.begin(named, reset, asked_at, windows_.windows_max());
    counted->id = answer.window;
    counted->owed = owed;
    counted->spent = spent;
  }
  counted->owed -= std::min(counted->owed, question.owed);
  counted->spent += answer.granted;
  counted->left = answer.left;
  if (answer.leased > 0) {
    counted->lease += answer.leased;
    counted->lease_due = asked_at + lease_idle;
    leases_.push_back({question.key, counted->lease_due});
  }
  const auto remaining = counted->left + counted->lease;
  if (remaining == 0 && answer.lent == 0 && answer.held == 0) {
    counted->refused_until = asked_at + refusal_valid_for;
    counted->limit = question.limit;
  }
  const bool all = answer.granted == question.wanted;
  return {all, question.limit, remaining, counted->reset, answer.held};
}

storage::rate_change shared_rate_limiter::returned(const std::string& key) {
  const rate_key named{key};
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  auto* const counted = shard.find(named);
  if (counted == nullptr) return storage::rate_return{key, 0, 0};
  counted->left += counted->lease;
  return storage::rate_return{key, counted->id, std::exchange(counted->lease, 0)};
}

std::vector<storage::rate_change> shared_rate_limiter::idle_leases(time_point now) {
  std::vector<storage::rate_change> all;
  while (!leases_.empty() && leases_.front().due <= now) {
    const auto first = std::move(leases_.front());
    leases_.pop_front();
    const rate_key named{first.key};
    auto& shard = windows_.shard_of(named);
    std::unique_lock lock{shard.mutex};
    const auto* const counted = shard.find_running(named, now);
    const bool is_last = counted != nullptr && counted->lease_due == first.due;
    lock.unlock();
    if (is_last) all.push_back(returned(first.key));
  }
  return all;
}

std::vector<storage::rate_change>
shared_rate_limiter::recalled_leases(const std::vector<std::string>& keys) {
  std::vector<storage::rate_change> all;
  for (const auto& key : keys)
    all.push_back(returned(key));
  return all;
}

std::vector<storage::rate_change> shared_rate_limiter::all_leases() {
  std::vector<storage::rate_change> all;
  for (const auto& one : std::exchange(leases_, {}))
    all.push_back(returned(one.key));
  return all;
}

// -- without --------------------------------------------------------------------------------------

rate_verdict shared_rate_limiter::take_alone(std::string_view key, const rate_limit& limit,
                                             time_point now, bool holds) {
  const rate_key named{key};
  const auto part = node_part_of(limit, members_).count;
  auto& shard = windows_.shard_of(named);
  const std::lock_guard lock{shard.mutex};
  auto* counted = shard.find_running(named, now);
  if (counted == nullptr)
    counted = &shard.begin(named, now + std::chrono::seconds{limit.window_s}, now,
                           windows_.windows_max());
  const bool is_lent = counted->lease > 0 && !holds;
  if (!is_lent && counted->spent >= part)
    return {false, limit.count, 0, counted->reset, counted->held};
  ++counted->spent;
  if (is_lent) {
    --counted->lease;
  } else {
    ++counted->owed;
    if (holds) ++counted->held;
  }
  const auto left = part - std::min(part, counted->spent);
  return {true, limit.count, left + counted->lease, counted->reset, counted->held};
}

} // namespace latchkey
