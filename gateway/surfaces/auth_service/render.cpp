#include "gateway/surfaces/auth_service/render.hpp"

#include "protocol/text/text_codec.hpp"

namespace latchkey::gateway::auth_service {
namespace {

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    out += "null";
  else
    append_json_string(out, text);
}

} // namespace

std::string user_body(const messages::user_view& user, id_form form) {
  std::string out;
  out.reserve(192 + user.username.size() + user.email.size() + user.first_name.size() +
              user.last_name.size());
  out += "{\"id\":";
  out += form == id_form::number ? std::to_string(user.number) : '"' + to_string(user.id) + '"';
  out += ",\"username\":";
  append_json_string(out, user.username);
  out += ",\"email\":";
  append_json_string(out, user.email);
  out += ",\"first_name\":";
  append_text_or_null(out, user.first_name);
  out += ",\"last_name\":";
  append_text_or_null(out, user.last_name);
  out += user.is_active ? ",\"is_active\":true" : ",\"is_active\":false";
  out += user.role == "superuser" ? ",\"is_superuser\":true}" : ",\"is_superuser\":false}";
  return out;
}

std::string token_body(const messages::token_pair& tokens, bool with_refresh_token) {
  std::string out = "{\"access_token\":";
  append_json_string(out, tokens.access_token.reveal());
  out += ",\"token_type\":\"bearer\",\"refresh_token\":";
  append_text_or_null(out, with_refresh_token ? tokens.refresh_token.reveal() : "");
  out += ",\"expires_in\":" + std::to_string(tokens.access_ttl_s) + '}';
  return out;
}

} // namespace latchkey::gateway::auth_service
