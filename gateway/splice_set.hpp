// splice_set.hpp — a reactor's sockets that are passed through to upstreams, and who may end them.
#pragma once

#include "gateway/http/splice.hpp"
#include "gateway/principal.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace latchkey::gateway {

/// Everything here is used on the reactor's thread alone.
class splice_set {
public:
  /// Without a byte in either direction.
  static constexpr std::chrono::minutes idle_max{10};

  explicit splice_set(timer_wheel& wheel) : wheel_(wheel) {}
  splice_set(const splice_set&) = delete;
  splice_set& operator=(const splice_set&) = delete;

  /// Told of each that begins, by a number that is never given twice, with whom it belongs to;
  /// and of its end. Whoever owns live sockets sets both before there are any, and ends those
  /// whose session does.
  std::function<void(std::uint64_t number, const principal& who)> on_begun;
  std::function<void(std::uint64_t number)> on_ended;

  /// Begins. `keep` is held until its end.
  void add(const principal& who, http::taken_connection client, http::taken_connection upstream,
           std::shared_ptr<void> keep);
  /// Both sides, at once; nothing goes through any more. Nothing when it has ended.
  void end(std::uint64_t number);
  std::size_t size() const noexcept { return all_.size(); }

private:
  struct one {
    std::shared_ptr<void> keep;
    std::unique_ptr<http::splice> both;
  };
  timer_wheel& wheel_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, one> all_;
};

} // namespace latchkey::gateway
