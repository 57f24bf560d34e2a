#include "storage/sql/rows.hpp"

#include <array>
#include <charconv>

namespace latchkey::storage::sql {

namespace {

constexpr std::array<std::string_view, 4> surface_names{"auth_service", "login_module", "gateway",
                                                        "integration"};

constexpr std::array<std::string_view, 3> purpose_names{"mailed_reset", "passphrase_reset",
                                                        "email_verification"};

surface surface_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < surface_names.size(); ++i)
    if (surface_names[i] == name) return static_cast<surface>(i);
  return surface::auth_service;
}

} // namespace

std::string_view name_of(surface opened_by) noexcept {
  const auto index = static_cast<std::size_t>(opened_by);
  return index < surface_names.size() ? surface_names[index] : surface_names[0];
}

std::string_view name_of(token_purpose purpose) noexcept {
  const auto index = static_cast<std::size_t>(purpose);
  return index < purpose_names.size() ? purpose_names[index] : purpose_names[1];
}

token_purpose token_purpose_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < purpose_names.size(); ++i)
    if (purpose_names[i] == name) return static_cast<token_purpose>(i);
  return token_purpose::passphrase_reset;
}

std::string text_or(const row_source& row, int column, std::string_view otherwise) {
  return std::string(row.text(column).value_or(otherwise));
}

std::optional<time_point> time_at(const row_source& row, int column) {
  const auto text = row.text(column);
  return text ? parse_time(*text) : std::nullopt;
}

std::int64_t number_at(const row_source& row, int column) {
  const auto text = row.text(column).value_or("0");
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool flag_at(const row_source& row, int column) {
  const auto text = row.text(column).value_or("f");
  return text == "t" || text == "1" || text == "true";
}

std::optional<user_id> to_user_id(std::optional<std::string_view> text) {
  const auto id = text ? parse_uuid(*text) : std::nullopt;
  return id ? std::optional(user_id{*id}) : std::nullopt;
}

std::optional<user_record> to_user(const row_source& row) {
  const auto id = to_user_id(row.text(0));
  const auto created = time_at(row, 14);
  const auto updated = time_at(row, 15);
  if (!id || !created || !updated) return std::nullopt;
  user_record user;
  user.id = *id;
  user.number = number_at(row, 1);
  user.username = text_or(row, 2);
  user.email = text_or(row, 3);
  user.first_name = text_or(row, 4);
  user.last_name = text_or(row, 5);
  user.full_name = text_or(row, 6);
  user.password_hash = secret(row.text(7).value_or(""));
  // The document lets these four be NULL; their defaults stand in.
  user.role = text_or(row, 8, "user");
  user.client_id = text_or(row, 9);
  user.subscription_tier = text_or(row, 10, "free");
  user.is_active = !row.text(11) || flag_at(row, 11);
  user.email_verified = flag_at(row, 12);
  user.version = number_at(row, 13);
  user.created_at = *created;
  user.updated_at = *updated;
  user.last_login_at = time_at(row, 16);
  user.synced_at = time_at(row, 17);
  user.brought_by = text_or(row, 18);
  user.used_at = time_at(row, 19);
  user.failures_in_a_row = {number_at(row, 20), number_at(row, 21), number_at(row, 22)};
  user.factors = factor_kinds::of_number(number_at(row, 23));
  user.factor_failures_in_a_row = number_at(row, 24);
  user.second_factor_due_at = time_at(row, 25);
  return user;
}

std::optional<session_record> to_session(const row_source& row) {
  const auto id = row.text(0) ? parse_uuid(*row.text(0)) : std::nullopt;
  const auto user = to_user_id(row.text(1));
  const auto created = time_at(row, 9);
  const auto rotated = time_at(row, 10);
  const auto expires = time_at(row, 11);
  if (!id || !user || !created || !rotated || !expires) return std::nullopt;
  session_record session;
  session.id = session_id{*id};
  session.user = *user;
  session.user_number = number_at(row, 2);
  session.user_role = text_or(row, 3, "user");
  session.counter = static_cast<std::uint64_t>(number_at(row, 4));
  session.salt = row.bytes(5);
  session.opened_by = surface_named(row.text(6).value_or(""));
  session.user_agent = text_or(row, 7);
  session.address = text_or(row, 8);
  session.created_at = *created;
  session.rotated_at = *rotated;
  session.expires_at = *expires;
  session.ended_at = time_at(row, 12);
  session.last_seen_at = time_at(row, 13).value_or(*rotated);
  session.held_by = text_or(row, 14);
  session.seen = static_cast<std::uint64_t>(number_at(row, 15));
  session.authenticated.by = auth_methods::of_number(number_at(row, 16));
  session.authenticated.at = time_at(row, 17).value_or(*created);
  session.awaits_second_factor = flag_at(row, 18);
  // Of before the methods were kept.
  if (session.authenticated.by.empty() && session.opened_by != surface::integration)
    session.authenticated.by = auth_method::password;
  return session;
}

} // namespace latchkey::storage::sql
