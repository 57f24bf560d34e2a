// cbor.hpp — reads CBOR (RFC 8949) as WebAuthn's authenticators write it, and nothing else.
//
// Strict as WebAuthn Level 3, section 2.4 ("CTAP2 canonical CBOR encoding form") asks: definite
// lengths, numbers and lengths in their shortest form, no key twice, text in UTF-8. The order of a
// map's keys does not matter, since authenticators differ in it and nothing depends on it. Tags,
// floating-point numbers and undefined values are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace latchkey::webauthn {

inline constexpr std::size_t cbor_bytes_max = std::size_t{64} * 1024;
/// Lists and maps within one another; CTAP2 has the same bound.
inline constexpr std::size_t cbor_depth_max = 4;
/// Values in all, keys among them.
inline constexpr std::size_t cbor_items_max = 512;

enum class cbor_kind : std::uint8_t { integer, bytes, text, list, map, boolean, null };

struct cbor_item {
  cbor_kind kind = cbor_kind::null;
  std::int64_t integer = 0;       // of an integer; 0 or 1 of a boolean
  std::string_view content = {};  // of bytes and of a text: part of what was read
  std::vector<cbor_item> items{}; // of a list; of a map its keys and values in turn

  /// How many entries a map has.
  std::size_t entries() const noexcept { return items.size() / 2; }
  /// The value of a map's key; null when there is none, and for what is no map.
  const cbor_item* find(std::int64_t key) const noexcept;
  const cbor_item* find(std::string_view key) const noexcept;

  /// The same when the value is of that kind, else nothing. `Key` is an integer or a text.
  template <class Key>
  std::optional<std::int64_t> integer_at(Key key) const noexcept {
    const auto* item = find_kind(key, cbor_kind::integer);
    return item == nullptr ? std::nullopt : std::optional(item->integer);
  }
  template <class Key>
  std::optional<std::string_view> bytes_at(Key key) const noexcept {
    const auto* item = find_kind(key, cbor_kind::bytes);
    return item == nullptr ? std::nullopt : std::optional(item->content);
  }
  template <class Key>
  std::optional<std::string_view> text_at(Key key) const noexcept {
    const auto* item = find_kind(key, cbor_kind::text);
    return item == nullptr ? std::nullopt : std::optional(item->content);
  }

private:
  template <class Key>
  const cbor_item* find_kind(Key key, cbor_kind wanted) const noexcept {
    const auto* item = find(key);
    return item != nullptr && item->kind == wanted ? item : nullptr;
  }
};

/// An item at the beginning of some bytes.
struct cbor_prefix {
  cbor_item item;
  std::size_t bytes = 0; // how many of them it takes
};

/// The one item that `bytes` are, which must outlive it; else why there is none, to be read after
/// a name ("is cut off"). Memory is taken for what is there, whatever lengths are declared.
tl::expected<cbor_item, const char*> read_cbor(std::string_view bytes);
/// The same when anything may follow.
tl::expected<cbor_prefix, const char*> read_cbor_prefix(std::string_view bytes);

} // namespace latchkey::webauthn
