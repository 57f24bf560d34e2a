// account/holdings.hpp — what a user who is signed in sees and takes back, on every surface:
// sessions and API keys.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

/// The caller's live sessions, newest first.
awaitable<result<std::vector<session_record>>> own_sessions(http::exchange& ex,
                                                            const principal& caller);
/// Ends one of them. NOT_FOUND for what is no live session of the caller's.
awaitable<result<void>> end_own_session(http::exchange& ex, const principal& caller,
                                        std::string_view id);
/// Ends all but the one that the caller is in: how many there were.
awaitable<result<messages::sessions_ended>> end_other_sessions(http::exchange& ex,
                                                               const principal& caller);

/// What a new key is asked to be.
struct wanted_key {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<time_point> expires_at;
};
inline constexpr std::size_t key_name_chars_max = 100;

/// The caller's keys that work, oldest first.
awaitable<result<messages::api_key_list>> own_keys(http::exchange& ex, const principal& caller);
/// The key, shown this once. VALIDATION_ERROR, AUTH004 for a scope that the owner has not, SUB002.
awaitable<result<messages::api_key_created>> make_own_key(http::exchange& ex,
                                                          const principal& caller, wanted_key key);
/// NOT_FOUND for what is no key of the caller's.
awaitable<result<void>> revoke_own_key(http::exchange& ex, const principal& caller,
                                       std::string_view id);

} // namespace latchkey::gateway
