// opaque_key.hpp — API keys and reset tokens: random text that names its record and its
// user, so that it leads straight to the actor that knows it. Only a hash is kept.
//
// `<kind>_<24 bytes: id, user>.<32 random bytes>`, both in base64url.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::string_view api_key_kind = "lk";
inline constexpr std::string_view reset_token_kind = "rt";
inline constexpr std::string_view email_token_kind = "ev";
inline constexpr std::size_t opaque_key_bytes_max = 128;

/// The parts of a key; nothing is proven before the hash is compared.
struct opaque_key {
  std::uint64_t id = 0;
  user_id user;
  std::string secret_hash; // base64url of SHA-256 over the whole text
};

struct new_opaque_key {
  secret text; // to be shown once
  opaque_key key;
  std::string prefix; // of the text, enough to tell keys of one user apart
};

/// The id of a record that somebody will name: random, and not 0.
std::uint64_t random_key_id();

new_opaque_key make_opaque_key(std::string_view kind, const user_id& user);
/// Nothing for what is not of that kind and form.
std::optional<opaque_key> parse_opaque_key(std::string_view kind, std::string_view text);

/// base64url of SHA-256: how keys and tokens of at least 128 random bits are kept.
std::string hash_of_key(std::string_view text);

/// 16 hexadecimal digits, and back.
std::string key_id_text(std::uint64_t id);
std::optional<std::uint64_t> parse_key_id(std::string_view text);

} // namespace latchkey
