#include "actors/base/turnstile.hpp"

#include "actors/base/behave.hpp"

#include <deque>
#include <exception>
#include <utility>

namespace latchkey {

struct turnstile::core : std::enable_shared_from_this<core> {
  struct entry {
    kind type;
    go_on go;
  };
  const caf::abstract_actor* owner = nullptr;
  std::deque<entry> waiting;
  std::size_t shared = 0;    // turns
  bool is_exclusive = false; // the one turn
  bool advancing = false;

  bool fits(kind type) const { return !is_exclusive && (type == kind::shared || shared == 0); }

  turn begin(kind type) {
    if (type == kind::exclusive)
      is_exclusive = true;
    else
      ++shared;
    return {this, [weak = weak_from_this(), type](void*) {
              if (const auto self = weak.lock()) self->end(type);
            }};
  }

  void end(kind type) {
    if (type == kind::exclusive)
      is_exclusive = false;
    else
      --shared;
    advance();
  }

  void advance() {
    // A turn may end before its function returns: then this loop goes on, not a second one.
    if (std::exchange(advancing, true)) return;
    while (!waiting.empty() && fits(waiting.front().type) && !is_shutting_down(owner)) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      try {
        next.go(begin(next.type));
      } catch (const std::exception& e) {
        log_error("turnstile", "a conversation failed when its turn had come: ", e.what());
      }
    }
    advancing = false;
  }
};

turnstile::turnstile(const caf::abstract_actor* owner) : core_(std::make_shared<core>()) {
  core_->owner = owner;
}
turnstile::~turnstile() = default;

bool turnstile::enter(kind type, go_on go) {
  if (core_->waiting.size() >= waiting_max) return false;
  core_->waiting.push_back({type, std::move(go)});
  core_->advance();
  return true;
}

} // namespace latchkey
