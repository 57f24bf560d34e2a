#include "actors/user/failure_gate.hpp"

#include "actors/base/behave.hpp"

#include <deque>
#include <exception>
#include <utility>
#include <vector>

namespace latchkey {

struct failure_gate::core : std::enable_shared_from_this<core> {
  using outcome = comparison::outcome;

  caf::scheduled_actor* owner = nullptr;
  actor_env_ptr env;
  std::string key;
  rate_limit session_policy::*limit = nullptr;
  std::deque<go_on> waiting;
  std::vector<comparison*> comparing; // each has one taken, from its window
  bool advancing = false;
  bool asking = false; // the other nodes, for the first that waits
  std::shared_ptr<failures_in_a_row> in_a_row;

  bool may_fail_once_more() const {
    if (!in_a_row) return true;
    const auto max = env->policy.*(in_a_row->max);
    return max == 0 || in_a_row->count + static_cast<std::int64_t>(comparing.size()) < max;
  }
  rate_verdict hold() {
    if (!may_fail_once_more()) return rate_verdict{.granted = false};
    return env->limiter->hold(key, env->policy.*limit, env->steady_now());
  }

  void forget() {
    if (in_a_row) in_a_row->count = 0;
    env->limiter->forget(key);
  }

  void settle(comparison& compared, outcome result) {
    std::erase(comparing, &compared);
    switch (result) {
    case outcome::right:
      env->limiter->give_back(key, compared.window_);
      forget();
      break;
    case outcome::wrong:
      env->limiter->keep(key, compared.window_);
      if (in_a_row) {
        ++in_a_row->count;
        in_a_row->on_wrong();
      }
      break;
    case outcome::none:
      env->limiter->give_back(key, compared.window_);
      break;
    }
    advance();
  }

  void advance() {
    // A comparison may be settled before its function returns: this loop then goes on.
    if (std::exchange(advancing, true)) return;
    while (!waiting.empty() && !asking && !is_shutting_down(owner)) {
      const auto verdict = hold();
      if (verdict.is_undecided)
        ask();
      else if (!begin_or_refuse(verdict))
        break;
    }
    advancing = false;
  }

  /// False: the first one waits on, for one that is being compared may be right.
  bool begin_or_refuse(const rate_verdict& verdict) {
    if (!verdict.granted && !comparing.empty()) return false;
    auto go = std::move(waiting.front());
    waiting.pop_front();
    pass may;
    if (verdict.granted) {
      may = std::make_shared<comparison>(weak_from_this(), verdict.reset);
      comparing.push_back(may.get());
    }
    try {
      go(std::move(may));
    } catch (const std::exception& e) {
      log_error("failure_gate", "a comparison could not begin: ", e.what());
    }
    return true;
  }

  /// Only all nodes together can tell. What others compare is waited for there, too.
  void ask() {
    asking = true;
    messages::take_rate question;
    question.key = key;
    question.limit = env->policy.*limit;
    question.deadline = env->steady_now() + env->policy.internal_deadline;
    question.holds = question.waits_for_held = true;
    const auto hear = [gate = weak_from_this(), limiter = env->limiter,
                       window = key](const rate_verdict& verdict) {
      if (const auto still = gate.lock())
        still->on_told(verdict);
      else if (verdict.granted)
        limiter->give_back(window, verdict.reset);
    };
    request_from(
        owner, env->redis, std::move(question),
        [hear](messages::rate_taken& taken) { hear(taken.verdict); },
        [hear](caf::error&) { hear(rate_verdict{.granted = false}); });
  }

  void on_told(const rate_verdict& verdict) {
    asking = false;
    if (begin_or_refuse(verdict)) advance();
  }
};

void failure_gate::comparison::settle(outcome result) noexcept {
  const auto gate = std::exchange(gate_, {}).lock();
  if (!gate) return;
  try {
    gate->settle(*this, result);
  } catch (const std::exception& e) {
    log_error("failure_gate", "a comparison could not be counted: ", e.what());
  }
}

failure_gate::failure_gate(caf::scheduled_actor* owner, actor_env_ptr env, std::string key,
                           rate_limit session_policy::*limit,
                           std::shared_ptr<failures_in_a_row> in_a_row)
    : core_(std::make_shared<core>()) {
  core_->owner = owner;
  core_->env = std::move(env);
  core_->key = std::move(key);
  core_->limit = limit;
  core_->in_a_row = std::move(in_a_row);
}
failure_gate::~failure_gate() = default;

bool failure_gate::enter(go_on go) {
  if (core_->waiting.size() >= waiting_max) return false;
  core_->waiting.push_back(std::move(go));
  core_->advance();
  return true;
}

void failure_gate::forget() {
  core_->forget();
  core_->advance();
}

} // namespace latchkey
