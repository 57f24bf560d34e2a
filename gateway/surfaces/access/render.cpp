#include "gateway/surfaces/access/render.hpp"

#include "protocol/tokens/opaque_key.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace latchkey::gateway::access {
namespace {

using json = nlohmann::ordered_json;

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json time_or_null(const std::optional<time_point>& time) {
  return time ? json(to_rfc3339_seconds(*time)) : json(nullptr);
}

} // namespace

json role_body(const role_record& role) {
  const auto time = [&role](time_point t) {
    return time_or_null(role.is_built_in ? std::nullopt : std::optional{t});
  };
  return {{"name", role.name},
          {"description", text_or_null(role.description)},
          {"permissions", role.permissions},
          {"is_built_in", role.is_built_in},
          {"created_at", time(role.created_at)},
          {"updated_at", time(role.updated_at)}};
}

json api_key_body(const api_key_record& key) {
  return {{"id", key_id_text(key.id)},
          {"name", key.name},
          {"prefix", key.prefix},
          {"scopes", key.scopes},
          {"created_at", to_rfc3339_seconds(key.created_at)},
          {"expires_at", time_or_null(key.expires_at)},
          {"last_used_at", time_or_null(key.last_used_at)}};
}

json session_body(const session_record& session, bool is_current, std::size_t live_sockets) {
  return {{"id", to_string(session.id)},
          {"device", text_or_null(session.user_agent)},
          {"address", text_or_null(session.address)},
          {"created_at", to_rfc3339_seconds(session.created_at)},
          {"last_seen_at", to_rfc3339_seconds(session.last_seen_at)},
          {"expires_at", to_rfc3339_seconds(session.expires_at)},
          {"current", is_current},
          {"live_sockets", live_sockets}};
}

} // namespace latchkey::gateway::access
