// foreign_hash.hpp — password hashes that other systems made, so that users who come from
// there sign in with the password they have. Whoever matches gets a hash of our own.
//
//   bcrypt    $2a$ $2b$ $2y$ (crypt), bcrypt$… and bcrypt_sha256$… (Django)
//   PBKDF2    with SHA-1, SHA-256 or SHA-512: $pbkdf2$ $pbkdf2-sha256$ $pbkdf2-sha512$ (passlib),
//             the same with i=…,l=…$ (PHC), pbkdf2_sha1$ pbkdf2_sha256$ pbkdf2_sha512$ (Django),
//             pbkdf2:sha1: pbkdf2:sha256: pbkdf2:sha512: (Werkzeug)
//   scrypt    $scrypt$ln=…,r=…,p=…$ (passlib), scrypt$… (Django), scrypt:… (Werkzeug)
//   Argon2    $argon2id$ $argon2i$, version 19, any salt, size and number of lanes; the same behind
//             argon2 (Django)
// Where passlib and the PHC form leave base64 without padding, it may be there.
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey {

// What a stored hash may ask for: a second or a few of one core, and 256 MiB.
inline constexpr std::uint32_t bcrypt_cost_min = 4; // 2^4 rounds
inline constexpr std::uint32_t bcrypt_cost_max = 14;
inline constexpr std::uint32_t pbkdf2_iterations_max = 4'000'000;
inline constexpr std::uint64_t scrypt_memory_bytes_max = std::uint64_t{256} << 20U; // 128 · N · r
inline constexpr std::uint64_t scrypt_work_bytes_max = std::uint64_t{1} << 30U;     // the same · p
inline constexpr std::uint32_t foreign_argon2_memory_kib_max = 262'144;
inline constexpr std::uint64_t foreign_argon2_work_kib_max = std::uint64_t{4} << 20U; // m · t
inline constexpr std::uint32_t foreign_argon2_lanes_max = 64;
inline constexpr std::size_t foreign_salt_bytes_max = 128;
inline constexpr std::size_t foreign_digest_bytes_min = 16;
inline constexpr std::size_t foreign_digest_bytes_max = 128;

namespace foreign {
struct bcrypt {
  std::string setting_and_digest; // from "$2" on
  bool hashes_first = false;      // of the password's SHA-256 in hexadecimal digits
};
enum class digest : std::uint8_t { sha1, sha256, sha512 };
struct pbkdf2 {
  digest hashes_with = digest::sha256;
  std::uint32_t iterations = 0;
};
struct scrypt {
  std::uint64_t n = 0;
  std::uint32_t r = 0, p = 0;
};
struct argon2 {
  bool is_id = false;
  std::uint32_t memory_kib = 0, iterations = 0, lanes = 0;
};
} // namespace foreign

/// Which family of password hashes a text is of that `foreign_hash::parse` does not take, for
/// whoever has to mend it: "is phpass ($P$: WordPress, phpBB), which is not taken over", "looks
/// like bcrypt, but …", "stands for no password at all …". Empty when it looks like none that is
/// known.
std::string foreign_hash_family(std::string_view text);

/// A stored hash, taken apart and found within the limits.
class foreign_hash {
public:
  /// Nothing for what is malformed, of another kind or asks for too much.
  static std::optional<foreign_hash> parse(std::string_view text);

  /// Whether this is the password, as the system that made the hash would say: bcrypt looks at
  /// no more than 72 bytes and never takes a NUL. Constant time in the hash. OVERLOADED when
  /// there is no memory: then nothing was compared.
  result<bool> matches(const secret& password) const;

private:
  struct parser;

  result<bool> bcrypt_matches(const foreign::bcrypt& parameters, const secret& password) const;
  /// Computes as many bytes as `out` has. False: there was no memory.
  bool compute(std::string& out, const secret& password) const;

  std::variant<foreign::bcrypt, foreign::pbkdf2, foreign::scrypt, foreign::argon2> parameters_;
  std::string salt_;
  std::string digest_; // empty for bcrypt
};

} // namespace latchkey
