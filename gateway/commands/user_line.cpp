#include "gateway/commands/user_line.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/password/foreign_hash.hpp"
#include "actors/password/password_hash.hpp"
#include "actors/user/sealed_totp.hpp"
#include "gateway/request/input/input.hpp"
#include "gateway/request/input/picture_url.hpp"
#include "gateway/sign_in/registration.hpp"
#include "protocol/text/header_value.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "storage/facts/rules/fact_check.hpp"

namespace latchkey::gateway::commands {
namespace {

/// The largest size in bytes of a text with so many characters.
constexpr std::size_t bytes_for(std::size_t chars) {
  return 4 * chars;
}

result<void> take_name(std::string& to, input& in, std::string_view field, std::size_t chars_max) {
  const auto given = in.optional_text(field, bytes_for(chars_max));
  if (!given) return {};
  auto name = check_person_name(field, *given, chars_max);
  if (!name) return fail(name.error());
  to = std::move(*name);
  return {};
}

result<void> take_hash(secret& to, input& in, std::string_view field) {
  auto given = in.optional_hidden(field, storage::password_hash_chars_max);
  if (!given || given->empty()) return {};
  if (!is_password_hash(*given)) {
    auto family = foreign_hash_family(given->reveal());
    if (!family.empty()) family = "; this " + family;
    return fail(error_code::validation_error, std::string{field},
                "must be a hash by Argon2id, Argon2i, bcrypt, PBKDF2 (SHA-1, SHA-256 or SHA-512) "
                "or scrypt that costs no more than is allowed" +
                    family);
  }
  to = std::move(*given);
  return {};
}

/// Adds the factors to a user that was just created; answers the version of its row behind that.
/// Apps need the key.
std::int64_t add_factors(storage::unit& unit, const user_record& user, const user_factors& factors,
                         const std::optional<secret>& sealing_key) {
  auto version = user.version;
  for (const auto& app : factors.totp) {
    totp_record totp;
    totp.id = random_key_id();
    totp.user = user.id;
    totp.name = app.name;
    totp.created_at = app.created_at;
    totp.sealed_secret = seal_totp(*sealing_key, totp, app.key);
    unit.facts.emplace_back(storage::enrol_totp{totp});
    const bool is_used = app.last_used_at && app.last_step > 0;
    unit.facts.emplace_back(storage::confirm_totp{
        totp.id, user.id, version++, is_used ? 0 : app.last_step, user.updated_at, false});
    if (is_used)
      unit.facts.emplace_back(
          storage::use_totp{totp.id, user.id, app.last_step, *app.last_used_at});
  }
  for (auto key : factors.passkeys) {
    key.id = random_key_id();
    key.user = user.id;
    unit.facts.emplace_back(storage::add_passkey{std::move(key), version++});
  }
  if (!factors.recovery_code_hashes.empty())
    unit.facts.emplace_back(storage::put_recovery_codes{
        user.id, version, factors.recovery_code_hashes, user.updated_at});
  return version;
}

/// Also without a profile when factors have changed `updated_at` of the row.
void add_profile(storage::unit& unit, const user_line& all, std::int64_t version) {
  const auto& profile = all.profile;
  storage::update_user more;
  const auto set = [](std::optional<std::string>& to, const std::string& value) {
    if (!value.empty()) to = value;
    return to.has_value();
  };
  const bool has_company = set(more.changes.company, profile.company);
  const bool has_phone = set(more.changes.phone, profile.phone);
  const bool has_avatar = set(more.changes.avatar_url, profile.avatar_url);
  const bool has_preferences = set(more.changes.preferences, profile.preferences);
  const bool has_any = has_company || has_phone || has_avatar || has_preferences;
  if (!has_any && version == all.user.version) return;
  more.user = all.user.id;
  more.based_on = version;
  more.at = all.user.updated_at;
  unit.facts.emplace_back(std::move(more));
}

} // namespace

result<user_line> read_user_line(std::string_view line, time_point now) {
  http::request as_body;
  as_body.content_type = "application/json";
  as_body.body = line;
  auto in = input::of(as_body);

  user_line out;
  auto& user = out.user;
  result<void> good;
  const auto keep_first = [&good](result<void> next) {
    if (good) good = std::move(next);
  };
  const auto id = in.optional_text("id", id_text_bytes_max);
  if (id) {
    const auto parsed = parse_uuid(*id);
    if (parsed && !parsed->is_nil())
      user.id = user_id{*parsed};
    else
      keep_first(fail(error_code::validation_error, "id", "must be a UUID"));
  } else {
    user.id = user_id{make_uuid(now)};
  }
  user.number = in.optional_id_number("number", 1, chosen_user_number_max).value_or(0);
  user.username = trim_white_space(in.text("username", 1, login_name_bytes_max));
  user.email = trim_white_space(in.text("email", 1, login_name_bytes_max));
  keep_first(take_hash(user.password_hash, in, "password_hash"));
  keep_first(take_name(user.first_name, in, "first_name", first_name_code_points_max));
  keep_first(take_name(user.last_name, in, "last_name", first_name_code_points_max));
  keep_first(take_name(user.full_name, in, "full_name", full_name_code_points_max));
  user.role = in.optional_text("role", storage::role_chars_max).value_or("user");
  user.client_id =
      in.optional_text("client_id", bytes_for(storage::client_id_chars_max)).value_or("");
  user.is_active = in.optional_flag("is_active").value_or(true);
  user.email_verified = in.optional_flag("email_verified").value_or(false);
  user.created_at = in.optional_time("created_at").value_or(now);
  user.updated_at = in.optional_time("updated_at").value_or(std::max(user.created_at, now));
  user.last_login_at = in.optional_time("last_login_at");
  keep_first(take_hash(out.recovery_passphrase_hash, in, "recovery_passphrase_hash"));
  keep_first(take_name(out.profile.company, in, "company", storage::company_chars_max));
  keep_first(take_name(out.profile.phone, in, "phone", storage::phone_chars_max));
  out.profile.avatar_url = in.optional_text("avatar_url", picture_url_bytes_max).value_or("");
  // Another service may have sent a relative reference, and every exported user must be importable.
  keep_first(check_picture_url("avatar_url", out.profile.avatar_url, picture_url_form::reference));
  out.profile.preferences =
      in.object_text("preferences", storage::preferences_bytes_max).value_or("");

  auto factors = read_user_factors(in, id.has_value(), now);
  if (factors)
    out.factors = std::move(*factors);
  else
    keep_first(fail(factors.error()));

  // Problems of the line itself come first: the others may follow from them.
  if (auto sound = in.done(); !sound) return fail(sound.error());
  keep_first(check_header_value("client_id", user.client_id));
  if (auto email = normal_email(user.email))
    user.email = std::move(*email);
  else
    keep_first(fail(email.error()));
  keep_first(check_username(user.username, user.email));
  if (!good) return fail(good.error());
  return out;
}

void append_user_line(std::string& out, const user_line& all, bool with_hashes) {
  const auto& user = all.user;
  json_writer line(out);
  const auto text = [&line](json_name name, std::string_view value) {
    if (!value.empty()) line.text(name, value);
  };
  line.begin_object().text("id", to_string(user.id)).number("number", user.number);
  text("username", user.username);
  text("email", user.email);
  if (with_hashes) text("password_hash", user.password_hash.reveal());
  text("first_name", user.first_name);
  text("last_name", user.last_name);
  text("full_name", user.full_name);
  text("role", user.role);
  text("client_id", user.client_id);
  line.flag("is_active", user.is_active).flag("email_verified", user.email_verified);
  text("created_at", to_rfc3339(user.created_at));
  text("updated_at", to_rfc3339(user.updated_at));
  if (user.last_login_at) text("last_login_at", to_rfc3339(*user.last_login_at));
  if (with_hashes) text("recovery_passphrase_hash", all.recovery_passphrase_hash.reveal());
  text("company", all.profile.company);
  text("phone", all.profile.phone);
  text("avatar_url", all.profile.avatar_url);
  if (!all.profile.preferences.empty()) line.json("preferences", all.profile.preferences);
  write_user_factors(line, all.factors);
  line.end_object();
  out += '\n';
}

result<storage::unit> unit_of(const user_line& all, const std::optional<secret>& sealing_key,
                              time_point now) {
  const auto& user = all.user;
  if (!all.factors.totp.empty() && !sealing_key)
    return fail(error_code::internal_error, "totp", "there is no key that seals it");
  auto username_key = fold_login_name(user.username);
  auto email_key = fold_login_name(user.email);
  if (!username_key) return fail(error_code::validation_error, "username", "is not a name");
  if (!email_key) return fail(error_code::validation_error, "email", "is not an address");
  storage::unit unit;
  const bool keeps_sequence = user.number > sequence_moving_number_max;
  unit.facts.emplace_back(
      storage::create_user{user, std::move(*username_key), std::move(*email_key), keeps_sequence});

  if (!all.recovery_passphrase_hash.empty())
    unit.facts.emplace_back(storage::set_recovery{user.id, all.recovery_passphrase_hash, now});
  const auto version = add_factors(unit, user, all.factors, sealing_key);
  add_profile(unit, all, version);

  std::string reason = user.password_hash.empty() ? "without a password" : "with a password";
  const auto factors = all.factors.totp.size() + all.factors.passkeys.size();
  if (factors > 0) reason += ", with " + std::to_string(factors) + " second factors";
  auto entry = audit_entry("user.imported", std::move(reason), now);
  entry.user = user.id;
  entry.by = "cli";
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  return unit;
}

} // namespace latchkey::gateway::commands
