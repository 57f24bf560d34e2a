// splice_set.hpp — a reactor's sockets that are passed through to upstreams.
#pragma once

#include "gateway/http/connection/splice.hpp"

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

  /// Begins, under a number that is never given twice. `keep` is held until its end, of which
  /// `on_ended` is called.
  std::uint64_t add(http::taken_connection client, http::taken_connection upstream,
                    std::shared_ptr<void> keep, http::splice_gate gate = {},
                    std::function<void(std::uint64_t number)> on_ended = {});
  /// Both sides, at once; nothing goes through any more. Nothing when it has ended.
  void end(std::uint64_t number);
  void end_all();
  std::size_t size() const noexcept { return all_.size(); }

private:
  struct entry {
    std::shared_ptr<void> keep;
    std::unique_ptr<http::splice> both;
  };
  timer_wheel& wheel_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, entry> all_;
};

} // namespace latchkey::gateway
