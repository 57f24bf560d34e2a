#include "gateway/surfaces/auth_service/render.hpp"

#include "protocol/text/json_writer.hpp"

namespace latchkey::gateway::auth_service {

std::string user_body(const messages::user_view& user, id_form form) {
  std::string out;
  out.reserve(192 + user.username.size() + user.email.size() + user.first_name.size() +
              user.last_name.size());
  json_writer body(out);
  body.begin_object();
  if (form == id_form::number)
    body.number("id", user.number);
  else
    body.text("id", to_string(user.id));
  body.text("username", user.username)
      .text("email", user.email)
      .text_or_null("first_name", user.first_name)
      .text_or_null("last_name", user.last_name)
      .flag("is_active", user.is_active)
      .flag("is_superuser", user.role == "superuser")
      .end_object();
  return out;
}

} // namespace latchkey::gateway::auth_service
