// jwt_claims.hpp — what stands in a token's payload, by kind. For jwt.cpp alone.
#pragma once

#include "protocol/tokens/jwt.hpp"

#include <array>
#include <optional>
#include <simdjson.h>
#include <string_view>

namespace latchkey::jwt {

enum claim : std::size_t {
  sub,
  user_number,
  sid,
  type,
  role,
  iss,
  aud,
  iat,
  exp,
  jti,
  nbf,
  service,
  scope
};
/// Their names, in the order of the enumerators.
constexpr std::array<std::string_view, 13> claim_names{"sub", "user_id",    "sid",  "type", "role",
                                                       "iss", "aud",        "iat",  "exp",  "jti",
                                                       "nbf", "service_id", "scope"};

/// What is there of them. Other claims are ignored once their names are known to differ.
using claim_table = std::array<std::optional<simdjson::dom::element>, claim_names.size()>;

/// The payload's members by name; nullopt when it is not an object whose names differ.
std::optional<claim_table> members_of(simdjson::dom::element payload);

/// Nothing unless every claim of the kind is there and of its type; but for `type`, nothing is
/// said about what they mean.
std::optional<access_claims> access_claims_of(const claim_table& members);
std::optional<service_claims> service_claims_of(const claim_table& members);
/// The claim "nbf" in seconds since the epoch, 0 without one; nothing when it is no time.
std::optional<std::int64_t> not_before_of(const claim_table& members);

} // namespace latchkey::jwt
