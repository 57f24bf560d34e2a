// Queries about roles, API keys, services and their keys.
#include "storage/queries/queries.hpp"

#include "storage/sql/catalogue_registry.hpp"
#include "storage/sql/words.hpp"

#include <limits>

namespace latchkey::storage::sql {

namespace {

/// Far more than actors/registry/registry.hpp allows of each.
constexpr std::int64_t registry_rows_max = 65'536;

std::vector<std::string> words_at(const row_source& row, int column) {
  return split_words(row.text(column).value_or(""));
}

std::uint32_t small_number_at(const row_source& row, int column) {
  const auto value = number_at(row, column);
  return value < 0 || value > std::numeric_limits<std::uint32_t>::max()
             ? 0
             : static_cast<std::uint32_t>(value);
}

std::optional<role_record> to_role(const row_source& row) {
  const auto created = time_at(row, 3);
  const auto updated = time_at(row, 4);
  if (!created || !updated) return std::nullopt;
  return role_record{text_or(row, 0), text_or(row, 1), words_at(row, 2), false, *created, *updated};
}

std::optional<api_key_record> to_api_key(const row_source& row) {
  const auto user = to_user_id(row.text(1));
  const auto created = time_at(row, 6);
  if (!user || !created) return std::nullopt;
  api_key_record key;
  key.id = key_at(row, 0);
  key.user = *user;
  key.name = text_or(row, 2);
  key.prefix = text_or(row, 3);
  key.secret_hash = text_or(row, 4);
  key.scopes = words_at(row, 5);
  key.created_at = *created;
  key.expires_at = time_at(row, 7);
  key.last_used_at = time_at(row, 8);
  key.revoked_at = time_at(row, 9);
  return key;
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

finding answer(runner& on, const storage::list_roles&) {
  storage::list_roles::answer roles;
  on.run(list_roles, {registry_rows_max}, [&](const row_source& row) {
    if (auto role = to_role(row)) roles.push_back(std::move(*role));
  });
  return roles;
}

finding answer(runner& on, const storage::list_api_keys& q) {
  storage::list_api_keys::answer keys;
  on.run(list_api_keys,
         {to_string(q.user), time_text(q.now), static_cast<std::int64_t>(api_keys_read_max)},
         [&](const row_source& row) {
           if (auto key = to_api_key(row)) keys.push_back(std::move(*key));
         });
  return keys;
}

finding answer(runner& on, const storage::list_services&) {
  storage::list_services::answer all;
  on.run(list_services, {registry_rows_max}, [&](const row_source& row) {
    if (auto service = to_service(row)) all.services.push_back(std::move(*service));
  });
  on.run(list_service_keys, {registry_rows_max}, [&](const row_source& row) {
    if (auto key = to_service_key(row)) all.keys.push_back(std::move(*key));
  });
  return all;
}

} // namespace latchkey::storage::sql
