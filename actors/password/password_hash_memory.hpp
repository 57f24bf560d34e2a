// password_hash_memory.hpp — the memory that one hashing thread keeps for Argon2.
#pragma once

#include <cstddef>
#include <cstdint>

namespace latchkey {

/// A private anonymous mapping that is lent to libsodium again and again.
class kept_mapping {
public:
  /// Nothing is mapped before the first use.
  explicit kept_mapping(std::size_t size) noexcept;
  ~kept_mapping();
  kept_mapping(const kept_mapping&) = delete;
  kept_mapping& operator=(const kept_mapping&) = delete;

  /// While it lives, this thread's requests for an anonymous mapping of exactly the
  /// mapping's size are answered with it. Everything else on this thread, and all other
  /// threads, go to the system.
  class lending {
  public:
    explicit lending(kept_mapping& mapping) noexcept;
    ~lending();
    lending(const lending&) = delete;
    lending& operator=(const lending&) = delete;
  };

  /// Unmaps it; it is mapped again at its next use.
  void release() noexcept;
  std::uint64_t uses() const noexcept { return uses_; }

  /// For the pair that stands in front of the system's: the memory, or nullptr when it
  /// is lent out already or cannot be had.
  void* lend(std::size_t size) noexcept;
  /// Whether `address` is the lent memory, which is then back.
  bool take_back(const void* address) noexcept;

private:
  std::size_t size_;
  void* base_ = nullptr;   // of the mapping itself, which is longer for the alignment
  std::size_t length_ = 0; // of the mapping itself
  void* memory_ = nullptr; // what is lent
  bool lent_ = false;
  std::uint64_t uses_ = 0;
};

} // namespace latchkey
