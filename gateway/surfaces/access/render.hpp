// access/render.hpp — roles, API keys and sessions as JSON.
#pragma once

#include "protocol/facts/api_keys.hpp"
#include "protocol/facts/roles.hpp"
#include "protocol/facts/sessions.hpp"
#include "protocol/tokens/secret.hpp"

#include <nlohmann/json_fwd.hpp>

namespace latchkey::gateway::access {

/// `name`, `description`, `permissions`, `is_built_in`, `created_at`, `updated_at`; a built-in
/// role has no times.
nlohmann::ordered_json role_body(const role_record& role);

/// `id`, `name`, `prefix`, `scopes`, `created_at`, `expires_at`, `last_used_at`.
nlohmann::ordered_json api_key_body(const api_key_record& key);

/// `id`, `device`, `address`, `created_at`, `last_seen_at`, `expires_at`, `current`,
/// `live_sockets`.
nlohmann::ordered_json session_body(const session_record& session, bool is_current,
                                    std::size_t live_sockets);

} // namespace latchkey::gateway::access
