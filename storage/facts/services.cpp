// Services that integrate with this one, and their keys.
#include "storage/facts/rules/topic.hpp"
#include "storage/sql/fragments.hpp"

#include <limits>

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement list_services{
    "list_services", "SELECT id, scopes, rate_count, rate_window_s, created_at, updated_at "
                     "FROM services ORDER BY id LIMIT $1"};
constexpr statement list_service_keys{
    "list_service_keys",
    "SELECT id, service_id, prefix, key_hash, created_at, last_used_at, revoked_at "
    "FROM service_keys ORDER BY revoked_at IS NOT NULL, created_at, id LIMIT $1"};
constexpr statement put_service{
    "put_service",
    "INSERT INTO services (id, scopes, rate_count, rate_window_s, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET scopes = EXCLUDED.scopes, "
    "rate_count = EXCLUDED.rate_count, rate_window_s = EXCLUDED.rate_window_s, "
    "updated_at = EXCLUDED.updated_at"};
constexpr statement hold_service{"hold_service", "SELECT 1 FROM services WHERE id = $1",
                                 "SELECT 1 FROM services WHERE id = $1 FOR KEY SHARE"};
constexpr statement add_service_key{
    "add_service_key",
    "INSERT INTO service_keys (id, service_id, prefix, key_hash, created_at, last_used_at, "
    "revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id"};
constexpr statement find_service_key{"find_service_key",
                                     "SELECT 1 FROM service_keys WHERE key_hash = $1"};
constexpr statement revoke_service_key{"revoke_service_key",
                                       "UPDATE service_keys SET revoked_at = $2 WHERE id = $1 "
                                       "AND revoked_at IS NULL RETURNING id"};
constexpr statement touch_service_key LATCHKEY_TOUCH_KEY("service_keys", "touch_service_key");

} // namespace
} // namespace sql

namespace {

std::uint32_t small_number_at(const row_source& row, int column) {
  const auto value = number_at(row, column);
  return value < 0 || value > std::numeric_limits<std::uint32_t>::max()
             ? 0
             : static_cast<std::uint32_t>(value);
}

std::optional<service_record> to_service(const row_source& row) {
  const auto created = time_at(row, 4);
  const auto updated = time_at(row, 5);
  if (!created || !updated) return std::nullopt;
  return service_record{text_or(row, 0),         words_at(row, 1), small_number_at(row, 2),
                        small_number_at(row, 3), *created,         *updated};
}

std::optional<service_key_record> to_service_key(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto created = time_at(row, 4);
  if (!id || !created) return std::nullopt;
  return service_key_record{*id,      text_or(row, 1), text_or(row, 2), text_or(row, 3),
                            *created, time_at(row, 5), time_at(row, 6)};
}

} // namespace

// -- put_service ----------------------------------------------------------------------

void check(fact_checker& c, const put_service& f) {
  c.name("id", f.service.id, service_chars_max);
  c.words("scopes", f.service.scopes);
  c.time("created_at", f.service.created_at);
  c.time("updated_at", f.service.updated_at);
}

void touch(footprint& print, const put_service& f) {
  print.writes(thing::service, f.service.id);
}

std::optional<failure> write(runner& on, const put_service& f, written&) {
  const auto& s = f.service;
  on.run(sql::put_service,
         {s.id, join_words(s.scopes), std::int64_t{s.rate_count}, std::int64_t{s.rate_window_s},
          time_text(s.created_at), time_text(s.updated_at)});
  return std::nullopt;
}

// -- add_service_key ------------------------------------------------------------------

void check(fact_checker& c, const add_service_key& f) {
  const auto& k = f.key;
  c.id("id", k.id);
  c.name("service", k.service, service_chars_max);
  c.text("prefix", k.prefix, key_prefix_chars_max);
  c.secret_hash("secret_hash", k.key_hash);
  c.time("created_at", k.created_at);
  c.time("last_used_at", k.last_used_at);
  c.time("revoked_at", k.revoked_at);
}

void touch(footprint& print, const add_service_key& f) {
  print.reads(thing::service, f.key.service);
  print.writes(thing::service_key, f.key.id);
  print.writes(thing::key_hash, f.key.key_hash);
}

std::optional<failure> write(runner& on, const add_service_key& f, written&) {
  const auto& k = f.key;
  if (on.run(sql::hold_service, {k.service}) == 0) return losing(error_code::not_found, "service");
  const auto added =
      on.run(sql::add_service_key,
             {to_string(k.id), k.service, k.prefix, k.key_hash, time_text(k.created_at),
              time_or_null(k.last_used_at), time_or_null(k.revoked_at)});
  if (added > 0) return std::nullopt;
  return on.run(sql::find_service_key, {k.key_hash}) > 0
             ? losing(error_code::conflict, "key", "is there already")
             : losing(error_code::conflict, "id", "is taken");
}

// -- revoke_service_key ---------------------------------------------------------------

void check(fact_checker& c, const revoke_service_key& f) {
  c.id("id", f.id);
  c.time("at", f.at);
}

void touch(footprint& print, const revoke_service_key& f) {
  print.writes(thing::service_key, f.id);
}

std::optional<failure> write(runner& on, const revoke_service_key& f, written&) {
  if (on.run(sql::revoke_service_key, {to_string(f.id), time_text(f.at)}) == 0)
    return losing(error_code::not_found, "id");
  return std::nullopt;
}

// -- touch_service_key ----------------------------------------------------------------

void check(fact_checker& c, const touch_service_key& f) {
  c.id("id", f.id);
  c.time("at", f.at);
}

void touch(footprint&, const touch_service_key&) {}

std::optional<failure> write(runner& on, const touch_service_key& f, written&) {
  on.run(sql::touch_service_key, {to_string(f.id), time_text(f.at)});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_services&) {
  list_services::answer all;
  on.run(sql::list_services, {registry_rows_max}, [&](const row_source& row) {
    if (auto service = to_service(row)) all.services.push_back(std::move(*service));
  });
  on.run(sql::list_service_keys, {registry_rows_max}, [&](const row_source& row) {
    if (auto key = to_service_key(row)) all.keys.push_back(std::move(*key));
  });
  return all;
}

topic services_topic() {
  static constexpr fact_rules facts[] = {rules_for<put_service>(), rules_for<add_service_key>(),
                                         rules_for<revoke_service_key>(),
                                         rules_for<touch_service_key>()};
  static constexpr query_rules queries[] = {rules_for_query<list_services>()};
  return {facts, queries};
}

} // namespace latchkey::storage
