#include "gateway/surfaces/factors/render.hpp"

#include "protocol/tokens/opaque_key.hpp"

namespace latchkey::gateway::factors {

void write_totp(json_writer& out, const totp_record& totp) {
  out.begin_object()
      .text("id", key_id_text(totp.id))
      .text("name", totp.name)
      .time_or_null("created_at", totp.created_at)
      .time_or_null("confirmed_at", totp.confirmed_at)
      .time_or_null("last_used_at", totp.last_used_at)
      .end_object();
}

void write_authentication(json_writer& out, const authentication& authenticated) {
  out.text("acr", to_string(authenticated.by.level())).begin_list("amr");
  for (const auto word : authenticated.by.amr())
    out.item(word);
  const auto at = std::chrono::floor<std::chrono::seconds>(authenticated.at);
  out.end_list().number("auth_time", at.time_since_epoch().count());
}

void write_codes(json_writer& out, const std::vector<secret>& codes) {
  out.begin_list("recovery_codes");
  for (const auto& code : codes)
    out.item(code.reveal());
  out.end_list();
}

} // namespace latchkey::gateway::factors
