// takeover.hpp — what continues with a connection after a 101 (RFC 9110, section 7.8).
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace latchkey::http {

struct taken_connection; // taken_connection.hpp

/// A callable for `taken_connection&&`, called at most once, on the connection's reactor, when
/// the 101 is written in full. Movable alone, so it may own what it needs; destroyed without
/// a call when the connection did not come so far. What it throws ends the connection.
class takeover {
public:
  takeover() = default;
  template <class Function>
  requires(!std::is_same_v<std::remove_cvref_t<Function>, takeover>) takeover(Function&& function)
      : target_(
            std::make_unique<holder<std::decay_t<Function>>>(std::forward<Function>(function))) {}

  explicit operator bool() const noexcept { return target_ != nullptr; }
  void operator()(taken_connection&& connection) {
    auto target = std::move(target_);
    target->take(std::move(connection));
  }

private:
  struct base {
    virtual ~base() = default;
    virtual void take(taken_connection&& connection) = 0;
  };
  template <class Function>
  struct holder : base {
    template <class Given>
    explicit holder(Given&& given) : function(std::forward<Given>(given)) {}
    void take(taken_connection&& connection) override { function(std::move(connection)); }
    Function function;
  };
  std::unique_ptr<base> target_;
};

} // namespace latchkey::http
