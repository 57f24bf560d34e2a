#include "gateway/surfaces/login_module/render.hpp"

#include "protocol/text/text_codec.hpp"

namespace latchkey::gateway::login_module {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view text) {
  (out += key) += ':';
  append_json_string(out, text);
}

void append_flag(std::string& out, std::string_view key, bool flag) {
  (out += key) += flag ? ":true" : ":false";
}

} // namespace

void append_account(std::string& out, const messages::user_view& user, account_form form) {
  append_text(out, "{\"id\"", to_string(user.id));
  append_text(out, ",\"email\"", user.email);
  append_text(out, ",\"username\"", user.username);
  if (const auto name = full_name_of(user); name.empty())
    out += ",\"full_name\":null";
  else
    append_text(out, ",\"full_name\"", name);
  append_flag(out, ",\"is_active\"", user.is_active);
  if (form == account_form::administered)
    append_flag(out, ",\"is_admin\"", is_admin_role(user.role));
  append_text(out, ",\"created_at\"", to_rfc3339_seconds(user.created_at));
  if (form == account_form::updated || form == account_form::administered)
    append_text(out, ",\"updated_at\"", to_rfc3339_seconds(user.updated_at));
  if (form == account_form::seen && user.last_login_at)
    append_text(out, ",\"last_login\"", to_rfc3339_seconds(*user.last_login_at));
  else if (form == account_form::seen)
    out += ",\"last_login\":null";
  if (form == account_form::listed || form == account_form::seen ||
      form == account_form::administered)
    append_text(out, ",\"role\"", user.role);
  out += '}';
}

std::string account_body(const messages::user_view& user, account_form form) {
  std::string out;
  append_account(out, user, form);
  return out;
}

} // namespace latchkey::gateway::login_module
