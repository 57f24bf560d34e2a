// ids.hpp — what names things: UUIDs for users, sessions and workflows, request ids for people.
#pragma once

#include "protocol/time.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

/// RFC 9562. A default-constructed one is the nil UUID, which names nothing.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  bool is_nil() const noexcept { return *this == uuid{}; }
  friend auto operator<=>(const uuid&, const uuid&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, uuid& x) {
    return f(x.bytes);
  }
};

/// 36 characters, lower case.
std::string to_string(const uuid& id);
/// 36 characters in either case with four hyphens; nothing else.
std::optional<uuid> parse_uuid(std::string_view text);
/// Version 7: begins with the time, so that new rows stand together in an index.
uuid make_uuid(time_point now);

/// Kinds that must not be taken for each other.
struct user_id : uuid {};
struct session_id : uuid {};
struct workflow_id : uuid {};
/// One life of one node of a cluster: a restart makes another.
struct member_id : uuid {};

/// The id of the workflow that this user's message starts: always the same, so that the message
/// starts it once (RFC 9562, 5.8).
workflow_id workflow_id_of(const user_id& user, std::string_view message_id);

/// `size` bytes from the operating system's generator.
std::string random_bytes(std::size_t size);

/// "req_" and 20 characters; cheap, unique, not a secret.
std::string make_request_id();
/// 1 to 128 characters of [A-Za-z0-9._:-]: what an incoming X-Request-ID may be.
bool is_well_formed_request_id(std::string_view text) noexcept;

} // namespace latchkey

template <>
struct std::hash<latchkey::uuid> {
  std::size_t operator()(const latchkey::uuid& id) const noexcept;
};
template <>
struct std::hash<latchkey::user_id> : std::hash<latchkey::uuid> {};
template <>
struct std::hash<latchkey::session_id> : std::hash<latchkey::uuid> {};
template <>
struct std::hash<latchkey::workflow_id> : std::hash<latchkey::uuid> {};
template <>
struct std::hash<latchkey::member_id> : std::hash<latchkey::uuid> {};
