// opaque_key.cpp — one text for one key: whatever could be written two ways is refused.
#include "protocol/tokens/opaque_key.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/sha256.hpp"

#include <algorithm>
#include <array>
#include <openssl/crypto.h>
#include <span>
#include <tuple>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t id_bytes = 8;
constexpr std::size_t name_bytes = id_bytes + std::tuple_size_v<decltype(uuid::bytes)>;
constexpr std::size_t name_chars = 32;
constexpr std::size_t random_part_bytes = 32;
constexpr std::size_t random_part_chars = 43;
/// Characters of the id that the prefix shows: 48 of its 64 random bits.
constexpr std::size_t prefix_id_chars = 8;

std::string key_name(std::uint64_t id, const user_id& user) {
  std::string name;
  name.reserve(name_bytes);
  for (std::size_t i = 0; i < id_bytes; ++i)
    name += static_cast<char>(id >> (56U - 8U * i) & 0xFFU);
  name.append(reinterpret_cast<const char*>(user.bytes.data()), user.bytes.size());
  return name;
}

} // namespace

std::uint64_t random_key_id() {
  std::uint64_t id = 0;
  while (id == 0) // names nothing
    for (const unsigned char byte : random_bytes(id_bytes))
      id = id << 8U | byte;
  return id;
}

new_opaque_key make_opaque_key(std::string_view kind, const user_id& user) {
  new_opaque_key made;
  made.key.id = random_key_id();
  made.key.user = user;

  std::string text;
  text.reserve(kind.size() + 2 + name_chars + random_part_chars); // never moved, so wiped whole
  text += kind;
  text += '_';
  append_base64url(text, key_name(made.key.id, user));
  made.prefix = text.substr(0, kind.size() + 1 + prefix_id_chars);
  text += '.';
  auto random = random_bytes(random_part_bytes);
  append_base64url(text, random);
  OPENSSL_cleanse(random.data(), random.size());

  made.key.secret_hash = hash_of_key(text);
  made.text = secret{std::move(text)};
  return made;
}

std::optional<opaque_key> parse_opaque_key(std::string_view kind, std::string_view text) {
  if (text.size() != kind.size() + 2 + name_chars + random_part_chars || !text.starts_with(kind))
    return std::nullopt;
  const auto rest = text.substr(kind.size());
  if (rest[0] != '_' || rest[1 + name_chars] != '.') return std::nullopt;

  std::array<unsigned char, name_bytes> name{};
  std::array<unsigned char, random_part_bytes> random{};
  if (!base64url_decode_to(rest.substr(1, name_chars), name) ||
      !base64url_decode_to(rest.substr(2 + name_chars), random))
    return std::nullopt;
  OPENSSL_cleanse(random.data(), random.size());

  opaque_key key;
  const std::span<const unsigned char> bytes(name);
  for (const auto byte : bytes.first<id_bytes>())
    key.id = key.id << 8U | byte;
  std::copy(name.begin() + id_bytes, name.end(), key.user.bytes.begin());
  if (key.id == 0 || key.user.is_nil()) return std::nullopt;
  key.secret_hash = hash_of_key(text);
  return key;
}

std::string hash_of_key(std::string_view text) {
  return base64url_encode(sha256(text));
}

std::string key_id_text(std::uint64_t id) {
  std::string bytes;
  for (std::size_t i = 0; i < id_bytes; ++i)
    bytes += static_cast<char>(id >> (56U - 8U * i) & 0xFFU);
  return to_hex(bytes);
}

std::optional<std::uint64_t> parse_key_id(std::string_view text) {
  if (text.size() != 2 * id_bytes) return std::nullopt;
  const auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  std::uint64_t id = 0;
  for (const unsigned char byte : *bytes)
    id = id << 8U | byte;
  return id != 0 ? std::optional(id) : std::nullopt;
}

} // namespace latchkey
