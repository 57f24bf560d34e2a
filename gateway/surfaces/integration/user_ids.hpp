// integration/user_ids.hpp — user ids in bodies of this surface: a number, the same as text, or a
// UUID.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::gateway::integration {

/// What a user may be called; nothing for a text that is neither.
using named_user = std::variant<std::int64_t, user_id>;
std::optional<named_user> parse_user(std::string_view text);

/// Which user that is. VALIDATION_ERROR with `field` when it is neither form, USER001 with
/// `field` when there is no user of that number; whether there is one of that UUID is for its
/// actor to say.
awaitable<result<user_id>> find_user(http::exchange& ex, std::string_view field,
                                     std::string_view text);

} // namespace latchkey::gateway::integration
