#include "gateway/admin.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/password/password_hash.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/text/text_codec.hpp"

#include <array>

namespace latchkey::gateway {

std::unique_ptr<storage::store> open_configured_store(const settings& configured) {
  return configured.uses_postgres() ? storage::open_postgres(configured.database_url)
                                    : storage::open_sqlite(configured.sqlite_path());
}

result<void> create_admin(storage::store& store, const settings& configured,
                          const new_admin& admin) {
  auto email = normal_email(admin.email);
  if (!email) return fail(email.error());
  if (auto good = check_username(admin.username, *email); !good) return good;
  if (auto good = check_password(admin.password.reveal(), admin.username, *email,
                                 configured.password_length_min_alone());
      !good)
    return good;
  auto username_key = fold_login_name(admin.username);
  auto email_key = fold_login_name(*email);
  if (!username_key || !email_key) return fail(error_code::validation_error, "username");

  password_hasher_engine engine{
      {configured.argon2_memory_kib, configured.argon2_iterations, /*lanes*/ 1}};
  auto phc = engine.hash(admin.password);
  if (!phc) return fail(phc.error());

  const auto now = system_clock_source().now();
  storage::create_user fact;
  fact.user.id = user_id{make_uuid(now)};
  fact.user.username = admin.username;
  fact.user.email = std::move(*email);
  fact.user.role = "superuser";
  fact.user.password_hash = std::move(*phc);
  fact.user.email_verified = true;
  fact.user.created_at = fact.user.updated_at = now;
  fact.username_key = std::move(*username_key);
  fact.email_key = std::move(*email_key);

  auto entry = audit_entry("user.admin_created", "as superuser", now);
  entry.user = fact.user.id;
  entry.by = admin.by;

  const std::array<storage::unit, 1> batch{
      storage::unit{{std::move(fact), storage::add_audit{std::move(entry)}}}};
  auto outcome = store.open_writer()->commit(batch);
  if (!outcome.front()) return fail(outcome.front().error());
  return {};
}

secret generate_password() {
  return secret{base64url_encode(random_bytes(18))};
}

} // namespace latchkey::gateway
