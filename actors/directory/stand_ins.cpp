#include "actors/directory/stand_ins.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace latchkey {
namespace {

std::uint64_t first_number(const unsigned char* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// SplitMix64's finaliser: every bit of the answer depends on every bit given.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Numbers between two pages: a power of two, so that the pages stay where they are while users
/// are added.
std::int64_t distance(std::int64_t total) {
  constexpr auto pages = static_cast<std::int64_t>(stand_ins::pages_max);
  const auto needed = std::max<std::int64_t>((total + pages - 1) / pages,
                                             static_cast<std::int64_t>(stand_ins::page_rows));
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(needed)));
}

} // namespace

std::int64_t stand_ins::add(const storage::hashes_after::answer& page, std::int64_t after,
                            std::int64_t total) {
  ++pages_;
  is_at_end_ = page.size() < page_rows;
  for (const auto& user : page)
    users_.emplace(user.user, user);
  const auto last = page.empty() ? after : page.back().number;
  return std::max(last, after + distance(total));
}

stand_ins::hashes stand_ins::of(const sha256_mac& name) const {
  // The user with the highest draw: when users come or go, most names keep theirs.
  const auto of_name = first_number(name.data());
  const hashes* chosen = nullptr;
  std::uint64_t highest = 0;
  for (const auto& [id, found] : users_) {
    const auto* bytes = id.bytes.data();
    const auto draw = mixed(of_name ^ mixed(first_number(bytes) ^ mixed(first_number(bytes + 8))));
    if (chosen != nullptr && draw <= highest) continue;
    highest = draw;
    chosen = &found;
  }
  return chosen != nullptr ? *chosen : hashes{};
}

} // namespace latchkey
