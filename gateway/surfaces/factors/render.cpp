#include "gateway/surfaces/factors/render.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>

namespace latchkey::gateway::factors {
namespace {

/// As people look models up: "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4".
std::string aaguid_text(const std::string& base64url) {
  uuid model;
  const auto bytes = base64url_decode(base64url).value_or(std::string{});
  if (bytes.size() == model.bytes.size())
    std::copy(bytes.begin(), bytes.end(), model.bytes.begin());
  return to_string(model);
}

} // namespace

void write_totp(json_writer& out, const totp_record& totp) {
  out.begin_object()
      .text("id", key_id_text(totp.id))
      .text("name", totp.name)
      .time_or_null("created_at", totp.created_at)
      .time_or_null("confirmed_at", totp.confirmed_at)
      .time_or_null("last_used_at", totp.last_used_at)
      .end_object();
}

void write_passkey(json_writer& out, const passkey_record& key) {
  out.begin_object()
      .text("id", key_id_text(key.id))
      .text("name", key.name)
      .text("credential_id", key.credential_id)
      .flag("second_factor", key.is_second_factor)
      .flag("backup_eligible", key.is_backup_eligible)
      .flag("backed_up", key.is_backed_up)
      .texts("transports", key.transports)
      .text("aaguid", aaguid_text(key.aaguid))
      .time_or_null("created_at", key.created_at)
      .time_or_null("last_used_at", key.last_used_at)
      .end_object();
}

void write_codes(json_writer& out, const std::vector<secret>& codes) {
  out.begin_list("recovery_codes");
  for (const auto& code : codes)
    out.item(code.reveal());
  out.end_list();
}

} // namespace latchkey::gateway::factors
