#include "gateway/surfaces/access/render.hpp"

#include "protocol/tokens/opaque_key.hpp"

#include <optional>
#include <string>

namespace latchkey::gateway::access {

void write_role(json_writer& out, const role_record& role, bool requires_second_factor) {
  const auto time = [&role](time_point t) {
    return role.is_built_in ? std::nullopt : std::optional{t};
  };
  out.begin_object()
      .text("name", role.name)
      .text_or_null("description", role.description)
      .texts("permissions", role.permissions)
      .flag("is_built_in", role.is_built_in)
      .flag("requires_second_factor", requires_second_factor)
      .time_or_null("created_at", time(role.created_at))
      .time_or_null("updated_at", time(role.updated_at))
      .end_object();
}

void write_api_key(json_writer& out, const api_key_record& key, const secret* shown) {
  out.begin_object()
      .text("id", key_id_text(key.id))
      .text("name", key.name)
      .text("prefix", key.prefix)
      .texts("scopes", key.scopes)
      .time_or_null("created_at", key.created_at)
      .time_or_null("expires_at", key.expires_at)
      .time_or_null("last_used_at", key.last_used_at);
  if (shown != nullptr) out.text("key", shown->reveal());
  out.end_object();
}

void write_session(json_writer& out, const session_record& session, bool is_current,
                   std::size_t live_sockets) {
  out.begin_object()
      .text("id", to_string(session.id))
      .text_or_null("device", session.user_agent)
      .text_or_null("address", session.address)
      .time_or_null("created_at", session.created_at)
      .time_or_null("last_seen_at", session.last_seen_at)
      .time_or_null("expires_at", session.expires_at)
      .flag("current", is_current)
      .number("live_sockets", static_cast<std::int64_t>(live_sockets))
      .end_object();
}

} // namespace latchkey::gateway::access
