// factors/render.hpp — second factors, and how a session was authenticated, as JSON.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/messages/factors.hpp"
#include "protocol/text/json_writer.hpp"

#include <vector>

namespace latchkey::gateway::factors {

/// `id`, `name`, `created_at`, `confirmed_at`, `last_used_at`.
void write_totp(json_writer& out, const totp_record& totp);
/// `id`, `name`, `credential_id`, `second_factor`, `backup_eligible`, `backed_up`, `transports`,
/// `aaguid`, `created_at`, `last_used_at`.
void write_passkey(json_writer& out, const passkey_record& key);
/// `recovery_codes`: the codes themselves.
void write_codes(json_writer& out, const std::vector<secret>& codes);

} // namespace latchkey::gateway::factors
