// cbor.cpp — libcbor decodes one head at a time and allocates nothing; lengths are held against
// what is left before anything is made of them.
#include "protocol/webauthn/cbor.hpp"

#include "protocol/text/text_codec.hpp"

#include <cbor.h>
#include <limits>
#include <utility>

namespace latchkey::webauthn {
namespace {

/// What libcbor found: an item without those that it contains.
struct cbor_head {
  cbor_kind kind = cbor_kind::null;
  bool is_supported = false;
  bool is_negative = false;
  std::uint64_t argument = 0; // an integer's, or a length
  std::string_view content = {};
};

template <bool IsNegative, class Number>
void take_integer(void* to, Number value) noexcept {
  *static_cast<cbor_head*>(to) = {cbor_kind::integer, true, IsNegative, value, {}};
}

template <cbor_kind Kind>
void take_string(void* to, cbor_data data, std::size_t size) noexcept {
  *static_cast<cbor_head*>(to) = {
      Kind, true, false, size, {reinterpret_cast<const char*>(data), size}};
}

template <cbor_kind Kind>
void take_collection(void* to, std::size_t size) noexcept {
  *static_cast<cbor_head*>(to) = {Kind, true, false, size, {}};
}

void take_boolean(void* to, bool value) noexcept {
  *static_cast<cbor_head*>(to) = {cbor_kind::boolean, true, false, value ? 1U : 0U, {}};
}

void take_null(void* to) noexcept {
  *static_cast<cbor_head*>(to) = {cbor_kind::null, true, false, 0, {}};
}

/// Those of libcbor's own callbacks that stay do nothing, so that what they stand for (tags,
/// floating-point numbers, indefinite lengths) is not supported.
constexpr cbor_callbacks make_callbacks(cbor_callbacks callbacks) noexcept {
  callbacks.uint8 = take_integer<false, std::uint8_t>;
  callbacks.uint16 = take_integer<false, std::uint16_t>;
  callbacks.uint32 = take_integer<false, std::uint32_t>;
  callbacks.uint64 = take_integer<false, std::uint64_t>;
  callbacks.negint8 = take_integer<true, std::uint8_t>;
  callbacks.negint16 = take_integer<true, std::uint16_t>;
  callbacks.negint32 = take_integer<true, std::uint32_t>;
  callbacks.negint64 = take_integer<true, std::uint64_t>;
  callbacks.byte_string = take_string<cbor_kind::bytes>;
  callbacks.string = take_string<cbor_kind::text>;
  callbacks.array_start = take_collection<cbor_kind::list>;
  callbacks.map_start = take_collection<cbor_kind::map>;
  callbacks.boolean = take_boolean;
  callbacks.null = take_null;
  return callbacks;
}

constexpr std::size_t shortest_head(std::uint64_t argument) noexcept {
  if (argument < 24) return 1;
  if (argument <= 0xFF) return 2;
  if (argument <= 0xFFFF) return 3;
  return argument <= 0xFFFF'FFFF ? 5 : 9;
}

bool is_same_key(const cbor_item& a, const cbor_item& b) noexcept {
  return a.kind == b.kind && a.integer == b.integer && a.content == b.content;
}

class cbor_reader {
public:
  explicit cbor_reader(std::string_view bytes) : rest_(bytes) {}

  std::size_t left() const noexcept { return rest_.size(); }
  const char* problem() const noexcept { return problem_; }

  bool item(cbor_item& out, std::size_t depth) {
    cbor_head head;
    if (!next(head)) return false;
    out.kind = head.kind;
    out.content = head.content;
    switch (head.kind) {
    case cbor_kind::integer:
      if (head.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return fails("has a number that is too large");
      out.integer = static_cast<std::int64_t>(head.argument);
      if (head.is_negative) out.integer = -1 - out.integer;
      return true;
    case cbor_kind::boolean:
      out.integer = head.argument != 0 ? 1 : 0;
      return true;
    case cbor_kind::text:
      return is_valid_utf8(head.content) || fails("has a text that is not UTF-8");
    case cbor_kind::list:
    case cbor_kind::map:
      return items(out, head.argument, depth);
    default:
      return true;
    }
  }

private:
  bool fails(const char* problem) noexcept {
    problem_ = problem;
    return false;
  }

  bool next(cbor_head& head) {
    static const cbor_callbacks callbacks = make_callbacks(cbor_empty_callbacks);
    if (rest_.empty()) return fails("is cut off");
    if (items_left_ == 0) return fails("has too many items");
    --items_left_;
    const auto decoded = cbor_stream_decode(reinterpret_cast<cbor_data>(rest_.data()), rest_.size(),
                                            &callbacks, &head);
    if (decoded.status == CBOR_DECODER_NEDATA) return fails("is cut off");
    if (decoded.status != CBOR_DECODER_FINISHED || decoded.read > rest_.size())
      return fails("is not valid CBOR");
    if (!head.is_supported)
      return fails("has an indefinite length, a tag or another value that is not allowed");
    if (decoded.read != shortest_head(is_simple(head) ? 0 : head.argument) + head.content.size())
      return fails("has a number or a length that is not in its shortest form");
    rest_.remove_prefix(decoded.read);
    return true;
  }

  static bool is_simple(const cbor_head& head) noexcept {
    return head.kind == cbor_kind::boolean || head.kind == cbor_kind::null;
  }

  /// What a list or a map contains; `count` is what its head says.
  bool items(cbor_item& out, std::uint64_t count, std::size_t depth) {
    if (depth >= cbor_depth_max) return fails("is nested too deeply");
    // An item takes a byte at least.
    if (count > rest_.size()) return fails("is cut off");
    const auto values = out.kind == cbor_kind::map ? 2 * count : count;
    if (values > items_left_) return fails("has too many items");
    out.items.reserve(values);
    while (out.items.size() < values) {
      const bool is_key = out.kind == cbor_kind::map && out.items.size() % 2 == 0;
      cbor_item contained;
      if (!item(contained, depth + 1)) return false;
      if (is_key && !may_be_key(out, contained)) return false;
      out.items.push_back(std::move(contained));
    }
    return true;
  }

  bool may_be_key(const cbor_item& map, const cbor_item& key) noexcept {
    if (key.kind != cbor_kind::integer && key.kind != cbor_kind::text)
      return fails("has a key that is neither a number nor a text");
    for (std::size_t i = 0; i < map.items.size(); i += 2)
      if (is_same_key(map.items[i], key)) return fails("has a key twice");
    return true;
  }

  std::string_view rest_;
  std::size_t items_left_ = cbor_items_max;
  const char* problem_ = "is not valid CBOR";
};

const cbor_item* value_of(const cbor_item& map, const cbor_item& key) noexcept {
  if (map.kind != cbor_kind::map) return nullptr;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
    if (is_same_key(map.items[i], key)) return &map.items[i + 1];
  return nullptr;
}

} // namespace

const cbor_item* cbor_item::find(std::int64_t key) const noexcept {
  return value_of(*this, {cbor_kind::integer, key});
}

const cbor_item* cbor_item::find(std::string_view key) const noexcept {
  return value_of(*this, {cbor_kind::text, 0, key});
}

tl::expected<cbor_prefix, const char*> read_cbor_prefix(std::string_view bytes) {
  if (bytes.size() > cbor_bytes_max) return tl::unexpected<const char*>("is too long");
  cbor_reader reader{bytes};
  cbor_prefix out;
  if (!reader.item(out.item, 0)) return tl::unexpected<const char*>(reader.problem());
  out.bytes = bytes.size() - reader.left();
  return out;
}

tl::expected<cbor_item, const char*> read_cbor(std::string_view bytes) {
  auto read = read_cbor_prefix(bytes);
  if (!read) return tl::unexpected<const char*>(read.error());
  if (read->bytes != bytes.size()) return tl::unexpected<const char*>("has bytes after its end");
  return std::move(read->item);
}

} // namespace latchkey::webauthn
