#include "storage/sql/catalogue_registry.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

const statement list_roles{"list_roles",
                           "SELECT name, description, permissions, created_at, updated_at "
                           "FROM roles ORDER BY name LIMIT $1"};
const statement list_api_keys{
    "list_api_keys",
    "SELECT id, user_id, name, prefix, secret_hash, scopes, created_at, expires_at, last_used_at, "
    "revoked_at FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL "
    "AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at, id LIMIT $3"};
const statement list_services{
    "list_services", "SELECT id, scopes, rate_count, rate_window_s, created_at, updated_at "
                     "FROM services ORDER BY id LIMIT $1"};
const statement list_service_keys{
    "list_service_keys",
    "SELECT id, service_id, prefix, key_hash, created_at, last_used_at, revoked_at "
    "FROM service_keys ORDER BY revoked_at IS NOT NULL, created_at, id LIMIT $1"};

// -- roles -------------------------------------------------------------------------

const statement lock_roles{"lock_roles", nullptr, "SELECT pg_advisory_xact_lock(7811032165094214)"};
const statement find_role{"find_role", "SELECT 1 FROM roles WHERE name = $1"};
const statement count_roles{"count_roles", "SELECT count(*) FROM roles"};
const statement add_role{
    "add_role", "INSERT INTO roles (name, description, permissions, created_at, updated_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING name"};
const statement change_role{"change_role",
                            "UPDATE roles SET description = $2, permissions = $3, updated_at = $4 "
                            "WHERE name = $1 RETURNING name"};
const statement own_role{"own_role", "SELECT 1 FROM roles WHERE name = $1",
                         "SELECT 1 FROM roles WHERE name = $1 FOR UPDATE"};
// The second condition is that of the index; no built-in role is ever asked for.
const statement users_with_role{"users_with_role",
                                "SELECT 1 FROM users WHERE role = $1 AND role <> 'user' LIMIT 1"};
const statement drop_role{"drop_role", "DELETE FROM roles WHERE name = $1"};

// -- API keys ------------------------------------------------------------------------

const statement forget_dead_keys{
    "forget_dead_keys",
    "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE user_id = $1 "
    "AND (revoked_at IS NOT NULL OR expires_at <= $2) ORDER BY created_at DESC, id DESC "
    "LIMIT $4 OFFSET $3)"};
const statement count_live_keys{
    "count_live_keys", "SELECT count(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL "
                       "AND (expires_at IS NULL OR expires_at > $2)"};
const statement add_api_key{
    "add_api_key",
    "INSERT INTO api_keys (id, user_id, name, prefix, secret_hash, scopes, created_at, expires_at, "
    "last_used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
    "ON CONFLICT DO NOTHING RETURNING id"};
const statement revoke_api_key{"revoke_api_key",
                               "UPDATE api_keys SET revoked_at = $3 WHERE id = $1 "
                               "AND user_id = $2 AND revoked_at IS NULL RETURNING id"};

const statement revoke_api_keys_of{"revoke_api_keys_of",
                                   "UPDATE api_keys SET revoked_at = $2 WHERE user_id = $1 "
                                   "AND revoked_at IS NULL"};
const statement session_lives{
    "session_lives", "SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL"};

// The last use of a key may be lost, so it waits for nobody who holds the row.
#define LATCHKEY_TOUCH_KEY(table, name)                                                            \
  {                                                                                                \
    name,                                                                                          \
        "UPDATE " table " SET last_used_at = $2 "                                                  \
        "WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",                           \
        "WITH free AS MATERIALIZED (SELECT id FROM " table " WHERE id = $1 "                       \
        "AND (last_used_at IS NULL OR last_used_at < $2) FOR NO KEY UPDATE SKIP LOCKED) "          \
        "UPDATE " table " k SET last_used_at = $2 FROM free WHERE k.id = free.id"                  \
  }
const statement touch_api_key LATCHKEY_TOUCH_KEY("api_keys", "touch_api_key");

// -- services --------------------------------------------------------------------------

const statement put_service{
    "put_service",
    "INSERT INTO services (id, scopes, rate_count, rate_window_s, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET scopes = EXCLUDED.scopes, "
    "rate_count = EXCLUDED.rate_count, rate_window_s = EXCLUDED.rate_window_s, "
    "updated_at = EXCLUDED.updated_at"};
const statement hold_service{"hold_service", "SELECT 1 FROM services WHERE id = $1",
                             "SELECT 1 FROM services WHERE id = $1 FOR KEY SHARE"};
const statement add_service_key{
    "add_service_key",
    "INSERT INTO service_keys (id, service_id, prefix, key_hash, created_at, last_used_at, "
    "revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id"};
const statement find_service_key{"find_service_key",
                                 "SELECT 1 FROM service_keys WHERE key_hash = $1"};
const statement revoke_service_key{"revoke_service_key",
                                   "UPDATE service_keys SET revoked_at = $2 WHERE id = $1 "
                                   "AND revoked_at IS NULL RETURNING id"};
const statement touch_service_key LATCHKEY_TOUCH_KEY("service_keys", "touch_service_key");

} // namespace latchkey::storage::sql
