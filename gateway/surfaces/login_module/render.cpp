#include "gateway/surfaces/login_module/render.hpp"

#include "protocol/text/json_writer.hpp"

namespace latchkey::gateway::login_module {

void append_account(std::string& out, const messages::user_view& user, account_form form) {
  const bool is_administered = form == account_form::administered;
  json_writer body(out);
  body.begin_object()
      .text("id", to_string(user.id))
      .text("email", user.email)
      .text("username", user.username)
      .text_or_null("full_name", full_name_of(user))
      .flag("is_active", user.is_active);
  if (is_administered) body.flag("is_admin", is_admin_role(user.role));
  body.text("created_at", to_rfc3339_seconds(user.created_at));
  if (form == account_form::updated || is_administered)
    body.text("updated_at", to_rfc3339_seconds(user.updated_at));
  if (form == account_form::seen)
    body.text_or_null("last_login",
                      user.last_login_at ? to_rfc3339_seconds(*user.last_login_at) : std::string{});
  if (form == account_form::listed || form == account_form::seen || is_administered)
    body.text("role", user.role);
  body.end_object();
}

std::string account_body(const messages::user_view& user, account_form form) {
  std::string out;
  append_account(out, user, form);
  return out;
}

} // namespace latchkey::gateway::login_module
