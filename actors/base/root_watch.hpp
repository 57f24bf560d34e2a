// root_watch.hpp — notices the end of an actor without which the server is none.
//
// A library's exception inside a continuation, as for want of memory, ends the actor whose it is.
// Users and sessions are loaded again; of those that are there from the start, nobody would make
// another, and part of the server would be silent for as long as the process lives.
#pragma once

#include <atomic>
#include <caf/error.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey {

class root_watch {
public:
  /// `lost` hears who has ended, on the thread where that happens.
  explicit root_watch(std::function<void(std::string_view name)> lost)
      : shared_(std::make_shared<shared>(std::move(lost))) {}

  /// Watches until `stop`, even after this is gone. `handle` may be invalid.
  template <class Handle>
  void add(std::string name, const Handle& handle) {
    if (!handle) return;
    handle->attach_functor([name = std::move(name), shared = shared_](const caf::error&) {
      if (!shared->stopped) shared->lost(name);
    });
  }
  /// From here on all of them may end.
  void stop() noexcept { shared_->stopped = true; }

private:
  struct shared {
    explicit shared(std::function<void(std::string_view)> f) : lost(std::move(f)) {}
    std::function<void(std::string_view)> lost;
    std::atomic<bool> stopped = false;
  };
  std::shared_ptr<shared> shared_;
};

} // namespace latchkey
