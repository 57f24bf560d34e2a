// access/render.hpp — roles, API keys and sessions as JSON.
#pragma once

#include "protocol/facts/api_keys.hpp"
#include "protocol/facts/roles.hpp"
#include "protocol/facts/sessions.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>

namespace latchkey::gateway::access {

/// `name`, `description`, `permissions`, `is_built_in`, `requires_second_factor` (whoever says so:
/// the role itself or a setting), `created_at`, `updated_at`; a built-in role has no times.
void write_role(json_writer& out, const role_record& role, bool requires_second_factor);

/// `id`, `name`, `prefix`, `scopes`, `created_at`, `expires_at`, `last_used_at`, and of one that
/// was made just now `key`, its text; otherwise `shown` is null.
void write_api_key(json_writer& out, const api_key_record& key, const secret* shown = nullptr);

/// `id`, `device`, `address`, `created_at`, `last_seen_at`, `expires_at`, `current`,
/// `live_sockets`.
void write_session(json_writer& out, const session_record& session, bool is_current,
                   std::size_t live_sockets);

} // namespace latchkey::gateway::access
