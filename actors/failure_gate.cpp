#include "actors/failure_gate.hpp"

#include "config/log.hpp"

#include <deque>
#include <exception>
#include <utility>

namespace latchkey {

struct failure_gate::core : std::enable_shared_from_this<core> {
  using outcome = comparison::outcome;

  services_ptr with;
  std::string key;
  rate_limit session_policy::*limit = nullptr;
  std::deque<go_on> waiting;
  std::size_t comparing = 0;
  bool advancing = false;

  bool take() { return with->limiter->take(key, with->policy.*limit, with->now()).granted; }

  void forget() {
    with->limiter->forget(key);
    for (std::size_t i = 0; i < comparing; ++i)
      take();
  }

  void settle(outcome what) {
    --comparing;
    if (what == outcome::right) forget();
    if (what == outcome::none) with->limiter->give_back(key, with->now());
    advance();
  }

  void advance() {
    // A comparison may be settled before its function returns: this loop then goes on.
    if (std::exchange(advancing, true)) return;
    while (!waiting.empty()) {
      const bool granted = take();
      if (!granted && comparing > 0) break;
      auto go = std::move(waiting.front());
      waiting.pop_front();
      pass may;
      if (granted) {
        may = std::make_shared<comparison>(weak_from_this());
        ++comparing;
      }
      try {
        go(std::move(may));
      } catch (const std::exception& e) {
        log_error("failure_gate", "a comparison could not begin: ", e.what());
      }
    }
    advancing = false;
  }
};

void failure_gate::comparison::settle(outcome what) noexcept {
  const auto gate = std::exchange(of_, {}).lock();
  if (!gate) return;
  try {
    gate->settle(what);
  } catch (const std::exception& e) {
    log_error("failure_gate", "a comparison could not be counted: ", e.what());
  }
}

failure_gate::failure_gate(services_ptr with, std::string key, rate_limit session_policy::*limit)
    : core_(std::make_shared<core>()) {
  core_->with = std::move(with);
  core_->key = std::move(key);
  core_->limit = limit;
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
