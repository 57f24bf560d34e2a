// account_forms.cpp — the forms of the account's page.
#include "gateway/account/holdings.hpp"
#include "gateway/pages/account.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <array>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr std::array key_days{30, 90, 365};

form_field current_password(const visit& v) {
  return {"current_password", v.words["field_current_password"], "password", "current-password"};
}

/// A button by itself.
form button(std::string id, std::string action, std::string submit) {
  form shown{std::move(id), std::move(action), std::move(submit)};
  shown.is_quiet = true;
  return shown;
}

} // namespace

form verification_wish_form(const visit& v) {
  return button("verification", "/account/verification", v.words["profile_send_verification"]);
}

form profile_form(const visit& v, std::string username, std::string full_name) {
  return {
      "profile",
      "/account/details",
      v.words["profile_submit"],
      {{"username", v.words["field_username"], "text", "username", {}, std::move(username)},
       {"full_name", v.words["field_full_name"], "text", "name", {}, std::move(full_name), false}}};
}

form password_form(const visit& v, bool has_second_factor) {
  const auto length_min = v.at.password_length_min(has_second_factor);
  return {"password",
          "/account/password",
          v.words["password_submit"],
          {current_password(v),
           {"new_password", v.words["field_new_password"], "password", "new-password",
            v.words.filled("hint_password", {{"n", std::to_string(length_min)}})}}};
}

form new_passphrase_form(const visit& v) {
  return {"passphrase",
          "/account/passphrase",
          v.words["passphrase_submit"],
          {{"recovery_passphrase", v.words["field_new_passphrase"], "password", "off",
            v.words["hint_passphrase"]},
           current_password(v)}};
}

form passphrase_removal_form(const visit& v) {
  return {"passphrase-removal",
          "/account/passphrase/remove",
          v.words["passphrase_remove_submit"],
          {current_password(v)}};
}

form session_end_form(const visit& v, const session_record& session) {
  const auto id = to_string(session.id);
  auto shown = button("session-" + id, "/account/sessions/end", v.words["session_end"]);
  shown.hidden.emplace_back("session", id);
  shown.submit_label = v.words.filled("session_end_which",
                                      {{"device", device_in_words(v.words, session.user_agent)}});
  return shown;
}

form end_of_others_form(const visit& v) {
  return button("others", "/account/sessions/end-others", v.words["sessions_end_others"]);
}

form new_key_form(const visit& v, const principal& caller, std::string name) {
  form shown{"key",
             "/account/keys",
             v.words["key_submit"],
             {{"name", v.words["field_key_name"], "text", "off", v.words["hint_key_name"],
               std::move(name)}}};
  shown.select_name = "days";
  shown.select_label = v.words["field_key_expires"];
  for (const auto days : key_days) {
    const auto number = std::to_string(days);
    shown.options.push_back(
        {"days", number, v.words.filled("key_expires_days", {{"n", number}}), days == key_days[1]});
  }
  shown.options.push_back({"days", "0", v.words["key_expires_never"]});
  shown.checks_label = v.words["field_key_scopes"];
  for (const auto& scope : scopes_to_offer(caller))
    shown.checks.push_back({std::string{scope_prefix} + scope, "on", scope});
  return shown;
}

form key_revocation_form(const visit& v, const api_key_record& key) {
  const auto id = key_id_text(key.id);
  auto shown = button("key-" + id, "/account/keys/revoke", v.words["key_revoke"]);
  shown.hidden.emplace_back("key", id);
  shown.submit_label = v.words.filled("key_revoke_which", {{"name", key.name}});
  return shown;
}

form deletion_form(const visit& v) {
  form shown{"delete", "/account/delete", v.words["delete_submit"], {current_password(v)}};
  shown.is_grave = true;
  return shown;
}

std::vector<std::string> scopes_to_offer(const principal& caller) {
  std::vector<std::string> scopes;
  for (const auto& known : known_permissions())
    if (caller.may(known.permission)) scopes.emplace_back(known.permission);
  return scopes;
}

} // namespace latchkey::gateway::pages
