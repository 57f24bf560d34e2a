// password_hash.hpp — Argon2id (RFC 9106) by libsodium, its memory kept between hashes.
//
// Half of libsodium's time goes to the kernel, which maps and clears 19 MiB for every
// hash. An engine keeps that mapping; link `latchkey_password` (password_hash.cmake),
// which puts this library's pair in front of libsodium's mmap and munmap.
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey {

/// What a hash costs. Limits: 8 KiB to 256 MiB, 1 to 16 iterations, 1 lane (libsodium
/// computes no more).
struct argon2_cost {
  std::uint32_t memory_kib = 19456;
  std::uint32_t iterations = 2;
  std::uint32_t lanes = 1;

  friend bool operator==(const argon2_cost&, const argon2_cost&) = default;
};

inline constexpr std::uint32_t argon2_memory_kib_min = 8;
inline constexpr std::uint32_t argon2_memory_kib_max = 262'144;
inline constexpr std::uint32_t argon2_iterations_max = 16;

/// VALIDATION_ERROR, with the field at fault, for a cost outside the limits.
result<void> check_cost(const argon2_cost& cost);

struct verify_result {
  bool matches = false;
  bool needs_rehash = false; // only with a match: the hash is foreign, or of a lower cost
  bool refused = false;      // the stored hash is malformed, unknown or asks for too much
};

/// Whether `verify` would compare with it: a hash of ours, or one that foreign_hash.hpp lists.
bool is_password_hash(const secret& stored);

/// Hashes on one thread at a time: make one for each hashing thread. It never hashes a
/// password over `password_input_bytes_max` (protocol/text/password_policy.hpp). Holds `memory_kib`
/// from its first hash until `release`.
class password_hasher_engine {
public:
  /// `cost` must pass `check_cost`; otherwise every hash fails.
  explicit password_hasher_engine(argon2_cost cost = {});
  ~password_hasher_engine();
  password_hasher_engine(password_hasher_engine&&) noexcept;
  password_hasher_engine& operator=(password_hasher_engine&&) noexcept;

  /// `$argon2id$v=19$m=…,t=…,p=1$salt$hash` with a salt of 16 and a hash of 32 bytes, of the
  /// password as an OpaqueString (protocol/text/opaque_string.hpp).
  /// VALIDATION_ERROR for a password over 4096 bytes; OVERLOADED without memory.
  result<secret> hash(const secret& password);

  /// Compares in constant time, as an OpaqueString and then, for hashes that were made of another
  /// spelling, as it came, when that is not the same; with hashes of other systems too
  /// (actors/password/foreign_hash.hpp). A foreign one costs what that system chose. A stored hash
  /// that is refused costs as much as `verify_nothing`, so the time tells nothing; its own cost is
  /// never paid. A password over 4096 bytes does not match. OVERLOADED without memory: then nothing
  /// was compared.
  result<verify_result> verify(const secret& password, const secret& phc);

  /// The work of one `verify` of this password, for a user who does not exist; OVERLOADED in the
  /// same case.
  result<void> verify_nothing(const secret& password);

  /// Gives the memory back to the system, which clears it; call it when the thread goes
  /// idle. libsodium leaves its blocks as they are after a hash, and from the first of
  /// them a password can be guessed without paying the cost. Until `release` (or the next
  /// hash, which overwrites them) they stay in this process; they never reach a core dump.
  void release() noexcept;

  /// Hashes for which the kept memory was used instead of a new mapping. Stays 0 in a
  /// program that was linked without the options of `latchkey_password`.
  std::uint64_t mapping_uses() const noexcept;

private:
  class arena;
  result<verify_result> verify_as_it_is(const secret& password, const secret& phc);
  result<void> compute_nothing(const secret& password);
  result<verify_result> verify_foreign(const secret& password, const secret& stored);

  argon2_cost cost_;
  std::unique_ptr<arena> arena_;
};

} // namespace latchkey
