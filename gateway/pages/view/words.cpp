#include "gateway/pages/view/words.hpp"

#include "gateway/pages/view/device.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace latchkey::gateway::pages {
namespace {

/// Which failures a text is for. An empty field is any; of a reason `#` is a number, and an empty
/// one is any.
struct wording {
  error_code code;
  std::string_view field, reason, key;
};

using enum error_code;
// The first that fits counts.
constexpr std::array wordings{
    wording{invalid_credentials, "current_password", {}, "wrong_current_password"},
    wording{invalid_credentials, "passphrase", {}, "wrong_passphrase"},
    wording{invalid_credentials, "code", {}, "wrong_code"},
    wording{invalid_credentials, "password", {}, "wrong_current_password"},
    wording{invalid_credentials, "credential", {}, "wrong_passkey"},
    wording{token_invalid, "credential", {}, "wrong_passkey"},
    wording{token_expired, "credential", {}, "wrong_passkey_late"},
    wording{invalid_credentials, {}, {}, "wrong_credentials"},
    wording{token_invalid, "mfa_token", {}, "wrong_second_step_over"},
    wording{token_expired, "mfa_token", {}, "wrong_second_step_over"},
    wording{token_invalid, {}, {}, "wrong_token"},
    wording{insufficient_permissions, "email", {}, "wrong_unverified"},
    wording{insufficient_permissions, "registration", {}, "register_closed_intro"},
    wording{insufficient_permissions, {}, {}, "error_forbidden_text"},
    wording{user_exists, "username", "looks like another's", "wrong_looks_taken"},
    wording{user_exists, "username", {}, "wrong_taken_username"},
    wording{user_exists, "email", {}, "wrong_taken_email"},
    wording{quota_exceeded, "api_keys", {}, "wrong_keys_quota"},
    wording{conflict, {}, "the last active administrator stays", "wrong_last_admin"},
    wording{conflict, {}, "addresses are not verified on this server", "wrong_verification_off"},
    wording{conflict, "credential", {}, "wrong_passkey_present"},
    wording{conflict, "passkey", {}, "wrong_many_factors"},
    wording{conflict, "totp", {}, "wrong_many_factors"},
    wording{conflict, "recovery_codes", {}, "wrong_codes_alone"},
    wording{conflict, {}, {}, "wrong_changed_meanwhile"},
    wording{not_found, {}, {}, "wrong_changed_meanwhile"},
    wording{
        password_format, {}, "Password must have at least # characters", "wrong_password_short"},
    wording{password_format, {}, "Password must have at most # bytes", "wrong_bytes_max"},
    wording{password_format, {}, "Password is among the most common ones", "wrong_password_common"},
    wording{password_format,
            {},
            "Password cannot be the username or little more",
            "wrong_password_username"},
    wording{
        password_format, {}, "Password cannot be the email or little more", "wrong_password_email"},
    wording{password_format,
            {},
            "Password cannot be the name of this service or little more",
            "wrong_password_service"},
    wording{validation_error, "method",
            "the password is not enough for an account with a second factor",
            "wrong_only_password"},
    wording{validation_error, {}, "is required", "wrong_required"},
    wording{validation_error, {}, "must not be empty", "wrong_required"},
    wording{validation_error, {}, "Username cannot be empty", "wrong_required"},
    wording{validation_error, {}, "Email cannot be empty", "wrong_required"},
    wording{validation_error, {}, "must have at most # bytes", "wrong_bytes_max"},
    wording{validation_error, {}, "must have at most # characters", "wrong_characters_max"},
    wording{
        validation_error, {}, "Username must have at most # characters", "wrong_characters_max"},
    wording{validation_error,
            {},
            "Username cannot begin or end with white space",
            "wrong_username_space"},
    wording{validation_error,
            {},
            "Username cannot have unassigned or private characters",
            "wrong_username_characters"},
    wording{validation_error,
            {},
            "Username cannot have control or invisible characters",
            "wrong_invisible"},
    wording{validation_error,
            {},
            "Username has no usable characters or too many",
            "wrong_username_characters"},
    wording{validation_error,
            {},
            "Username cannot have an @ unless it is your own email",
            "wrong_username_at"},
    wording{validation_error,
            {},
            "Username cannot mix scripts or digits that no language mixes",
            "wrong_username_scripts"},
    wording{validation_error,
            {},
            "Email must be one address such as name@example.com",
            "wrong_email_form"},
    wording{validation_error, {}, "Email must have at most # bytes", "wrong_email_long"},
    wording{
        validation_error, {}, "Email must have at most # bytes before the @", "wrong_email_long"},
    wording{validation_error,
            {},
            "must not contain control or invisible characters",
            "wrong_invisible"},
    wording{validation_error,
            {},
            "must have several words, at least # characters together",
            "wrong_passphrase_weak"},
};

/// The number that stands for `#`, or nothing when `text` is not of that form; empty without one.
std::optional<std::string> match(std::string_view form, std::string_view text) {
  const auto hash = form.find('#');
  if (hash == std::string_view::npos)
    return form == text ? std::optional{std::string{}} : std::nullopt;
  const auto before = form.substr(0, hash), after = form.substr(hash + 1);
  if (text.size() <= before.size() + after.size() || !text.starts_with(before) ||
      !text.ends_with(after))
    return std::nullopt;
  const auto number = text.substr(before.size(), text.size() - before.size() - after.size());
  const bool is_number = std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::optional{std::string{number}} : std::nullopt;
}

std::string counted(const texts& words, std::string_view one, std::string_view many,
                    std::int64_t count) {
  if (count == 1) return words[one];
  return words.filled(many, {{"n", std::to_string(count)}});
}

} // namespace

std::string ago(const texts& words, time_point then, time_point now) {
  using namespace std::chrono;
  const auto passed = now - then;
  if (passed < minutes{1}) return words["ago_now"];
  if (passed < hours{1})
    return counted(words, "ago_minute", "ago_minutes", floor<minutes>(passed).count());
  if (passed < days{1})
    return counted(words, "ago_hour", "ago_hours", floor<hours>(passed).count());
  return counted(words, "ago_day", "ago_days", floor<days>(passed).count());
}

std::string day_of(time_point t) {
  constexpr std::size_t day_chars = 10;
  return to_rfc3339_seconds(t).substr(0, day_chars);
}

std::string wait_of(const texts& words, std::uint32_t seconds) {
  constexpr std::uint32_t in_seconds_max = 90;
  if (seconds <= in_seconds_max)
    return words.filled("wait_seconds", {{"n", std::to_string(std::max(seconds, 1U))}});
  return words.filled("wait_minutes", {{"n", std::to_string((seconds + 59) / 60)}});
}

std::string device_in_words(const texts& words, std::string_view user_agent) {
  const auto found = device_of(user_agent);
  if (found.browser.empty() && found.system.empty()) return words["session_unknown_device"];
  if (found.browser.empty()) return found.system;
  if (found.system.empty()) return found.browser;
  return words.filled("session_browser_on_system",
                      {{"browser", found.browser}, {"system", found.system}});
}

problem problem_of(const texts& words, const failure& error) {
  problem out;
  out.field = error.field;
  if (error.code == rate_limited) {
    out.text = words.filled("wrong_many_mails", {{"wait", wait_of(words, error.retry_after_s)}});
    return out;
  }
  for (const auto& [code, field, reason, key] : wordings) {
    if (code != error.code || (!field.empty() && field != error.field)) continue;
    const auto number = reason.empty() ? std::optional{std::string{}} : match(reason, error.reason);
    if (!number) continue;
    out.text = words.filled(key, {{"n", *number}});
    return out;
  }
  out.text = error.reason.empty() ? words["wrong_other"] : error.reason;
  out.is_english = !error.reason.empty() && words.language() != "en";
  return out;
}

} // namespace latchkey::gateway::pages
