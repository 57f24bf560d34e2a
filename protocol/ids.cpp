// ids.cpp — UUIDs and request ids. Both are made on every request, so randomness comes
// from a per-thread buffer. The program never forks, so no buffer is ever shared.
#include "protocol/ids.hpp"

#include "protocol/tokens/hmac.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <openssl/rand.h>

namespace latchkey {
namespace {

constexpr std::size_t random_buffer_bytes = 1024;
constexpr std::size_t request_id_chars_max = 128;
/// How far, in quarter microseconds, the clock may stand behind a thread's last UUID
/// before the order is given up: 10 ms. A clock that was set back must win in the end.
constexpr std::uint64_t uuid_rollback_ticks_max = 40'960;

/// Nothing this program does is safe without random numbers, so it ends here.
void fill_random(unsigned char* out, std::size_t size) {
  constexpr std::size_t call_bytes_max = 1U << 30U;
  while (size > 0) {
    auto part = std::min(size, call_bytes_max);
    if (RAND_bytes(out, static_cast<int>(part)) != 1) std::abort();
    out += part;
    size -= part;
  }
}

std::uint64_t random_u64() {
  struct buffer {
    std::array<unsigned char, random_buffer_bytes> bytes;
    std::size_t used = random_buffer_bytes;
  };
  thread_local buffer pool;
  if (pool.used == random_buffer_bytes) {
    fill_random(pool.bytes.data(), pool.bytes.size());
    pool.used = 0;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, pool.bytes.data() + pool.used, sizeof(value));
  pool.used += sizeof(value);
  return value;
}

/// 0 to 15 for a hexadecimal digit, 255 for anything else.
constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(255);
  for (std::uint8_t i = 0; i < 10; ++i)
    table[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
    table[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>(10 + i);
  }
  return table;
}();

/// Where the two digits of each of the 16 bytes begin in the 36 characters.
constexpr std::array<std::uint8_t, 16> digit_positions{0,  2,  4,  6,  9,  11, 14, 16,
                                                       19, 21, 24, 26, 28, 30, 32, 34};

std::uint8_t low_byte(std::uint64_t value) {
  return static_cast<std::uint8_t>(value & 0xFFU);
}

} // namespace

std::string to_string(const uuid& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(36, '-');
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    text[digit_positions[i]] = digits[id.bytes[i] >> 4U];
    text[digit_positions[i] + 1U] = digits[id.bytes[i] & 15U];
  }
  return text;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return std::nullopt;
  uuid id;
  unsigned worst = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    unsigned high = hex_values[static_cast<unsigned char>(text[digit_positions[i]])];
    unsigned low = hex_values[static_cast<unsigned char>(text[digit_positions[i] + 1U])];
    worst |= high | low;
    id.bytes[i] = low_byte((high << 4U) | (low & 15U));
  }
  if (worst > 15) return std::nullopt;
  return id;
}

uuid make_uuid(time_point now) {
  // RFC 9562, 6.2, method 3: 48 bits of milliseconds, then 12 bits of their fraction in
  // the place of random ones; one thread's ids ascend even within a microsecond.
  thread_local std::uint64_t last_ticks = 0;
  auto micros =
      static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
  std::uint64_t ticks = ((micros / 1000U) << 12U) | ((micros % 1000U) * 4U);
  if (ticks <= last_ticks && last_ticks - ticks < uuid_rollback_ticks_max) ticks = last_ticks + 1;
  last_ticks = ticks;

  uuid id;
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = low_byte(ticks >> (52U - 8U * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70U | low_byte((ticks >> 8U) & 0x0FU));
  id.bytes[7] = low_byte(ticks);
  std::uint64_t random = random_u64();
  std::memcpy(id.bytes.data() + 8, &random, sizeof(random));
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3FU));
  return id;
}

workflow_id workflow_id_of(const user_id& user, std::string_view message_id) {
  // Version 8: a name's hash. The key only tells these names from others.
  static const hmac_sha256_key names{secret{std::string_view{"latchkey workflow id"}}};
  std::string name{reinterpret_cast<const char*>(user.bytes.data()), user.bytes.size()};
  name += message_id;
  const auto mac = names.mac(name);
  workflow_id id;
  std::copy_n(mac.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>(0x80U | (id.bytes[6] & 0x0FU));
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3FU));
  return id;
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_random(reinterpret_cast<unsigned char*>(bytes.data()), size);
  return bytes;
}

std::string make_request_id() {
  // 50 random bits name the thread; the other 50 are a counter, scattered by an odd
  // multiplier, which maps distinct counts to distinct values.
  constexpr std::uint64_t mask = (std::uint64_t{1} << 50U) - 1;
  constexpr std::uint64_t multiplier = 0x2'545F'4914'F6CDU;
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  thread_local const std::uint64_t thread_bits = random_u64() & mask;
  thread_local std::uint64_t count = random_u64();
  std::uint64_t scattered = (++count * multiplier) & mask;

  std::string text = "req_";
  text.resize(24);
  for (std::size_t i = 0; i < 10; ++i) {
    text[4 + i] = alphabet[(thread_bits >> (45U - 5U * i)) & 31U];
    text[14 + i] = alphabet[(scattered >> (45U - 5U * i)) & 31U];
  }
  return text;
}

bool is_well_formed_request_id(std::string_view text) noexcept {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
  };
  return !text.empty() && text.size() <= request_id_chars_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

} // namespace latchkey

std::size_t std::hash<latchkey::uuid>::operator()(const latchkey::uuid& id) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, id.bytes.data(), sizeof(high));
  std::memcpy(&low, id.bytes.data() + 8, sizeof(low));
  // The low half of our own ids is random, but ids that others bring may differ in the
  // high half alone; the shift lets tables that look at low bits see every byte.
  std::uint64_t mixed = (high ^ low) * 0x9E37'79B9'7F4A'7C15U;
  return mixed ^ (mixed >> 32U);
}
