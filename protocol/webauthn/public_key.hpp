// public_key.hpp — a credential's public key: a COSE key (RFC 9052, section 7) of one of three
// algorithms.
#pragma once

#include "protocol/webauthn/refusal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace latchkey::webauthn {

/// By the numbers of the IANA registry "COSE Algorithms".
enum class cose_algorithm : std::int32_t {
  eddsa = -8,   // Ed25519
  es256 = -7,   // ECDSA on P-256 with SHA-256
  rs256 = -257, // RSASSA-PKCS1-v1_5 with SHA-256
};

/// Those that there are, the one to prefer first.
inline constexpr std::array known_algorithms{cose_algorithm::eddsa, cose_algorithm::es256,
                                             cose_algorithm::rs256};

/// Nothing for a number that is none of them.
std::optional<cose_algorithm> algorithm_of(std::int64_t number) noexcept;

inline constexpr std::size_t rsa_bits_min = 2048;
inline constexpr std::size_t rsa_bits_max = 4096;
/// A public exponent has 32 bits at most: a larger one only makes verification slow.
inline constexpr std::size_t rsa_exponent_bytes_max = 4;

/// Copies are cheap and mean the same key; it may be used by several threads at once.
class public_key {
public:
  /// Of the CBOR of a COSE key, which has the members of its algorithm and no other (WebAuthn
  /// Level 3, section 6.5.1): ES256 on P-256 with an uncompressed point of the curve, EdDSA on
  /// Ed25519, RS256 with a modulus of 2048 to 4096 bits and an odd exponent of at least 3.
  ///
  /// `unknown_algorithm` for another algorithm, `malformed_public_key` for everything else.
  static tl::expected<public_key, refusal> parse(std::string_view cose);
  /// The same for a key that is seen for the first time. It takes longer: an Ed25519 key must be a
  /// point of the curve, and not one for which anybody can make signatures.
  static tl::expected<public_key, refusal> parse_new(std::string_view cose);

  cose_algorithm algorithm() const noexcept { return algorithm_; }

  /// Whether `signature` is this key's over `message`, in the form of WebAuthn Level 3, section
  /// 6.5.5: DER for ES256, 64 bytes for EdDSA, as long as the modulus for RS256.
  bool verify(std::string_view message, std::string_view signature) const;

private:
  public_key(cose_algorithm algorithm, std::shared_ptr<evp_pkey_st> key) noexcept
      : algorithm_(algorithm), key_(std::move(key)) {}

  cose_algorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

} // namespace latchkey::webauthn
