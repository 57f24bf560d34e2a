#include "actors/base/turnstile.hpp"

#include "actors/base/behave.hpp"

#include <deque>
#include <exception>
#include <utility>

namespace latchkey {

struct turnstile::core : std::enable_shared_from_this<core> {
  struct entry {
    kind how;
    go_on go;
  };
  const caf::abstract_actor* of = nullptr;
  std::deque<entry> waiting;
  std::size_t together = 0; // that are passing
  bool alone = false;       // one is passing
  bool advancing = false;

  bool fits(kind how) const { return !alone && (how == kind::together || together == 0); }

  turn begin(kind how) {
    if (how == kind::alone)
      alone = true;
    else
      ++together;
    return {this, [weak = weak_from_this(), how](void*) {
              if (const auto self = weak.lock()) self->end(how);
            }};
  }

  void end(kind how) {
    if (how == kind::alone)
      alone = false;
    else
      --together;
    advance();
  }

  void advance() {
    // A turn may end before its function returns: then this loop goes on, not a second one.
    if (std::exchange(advancing, true)) return;
    while (!waiting.empty() && fits(waiting.front().how) && !is_shutting_down(of)) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      try {
        next.go(begin(next.how));
      } catch (const std::exception& e) {
        log_error("turnstile", "a conversation failed when its turn had come: ", e.what());
      }
    }
    advancing = false;
  }
};

turnstile::turnstile(const caf::abstract_actor* of) : core_(std::make_shared<core>()) {
  core_->of = of;
}
turnstile::~turnstile() = default;

bool turnstile::enter(kind how, go_on go) {
  if (core_->waiting.size() >= waiting_max) return false;
  core_->waiting.push_back({how, std::move(go)});
  core_->advance();
  return true;
}

} // namespace latchkey
