#include "actors/cluster/wire.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

namespace latchkey::cluster {
namespace {

using json = nlohmann::json;
using messages::durable_change;

/// What decoding throws, with the name of what is wrong.
class bad_frame : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// -- values ------------------------------------------------------------------------------

std::string text_at(const json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end() || !found->is_string()) throw bad_frame(name);
  return found->get<std::string>();
}

std::uint64_t number_at(const json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end() || !found->is_number_unsigned()) throw bad_frame(name);
  return found->get<std::uint64_t>();
}

template <class Id>
Id id_at(const json& from, const char* name) {
  const auto parsed = parse_uuid(text_at(from, name));
  if (!parsed || parsed->is_nil()) throw bad_frame(name);
  return Id{*parsed};
}

constexpr std::array end_reasons{
    end_reason::logout,           end_reason::revoked,        end_reason::reused,
    end_reason::password_changed, end_reason::password_reset, end_reason::deactivated,
    end_reason::deleted,          end_reason::synced,         end_reason::expired};

end_reason reason_at(const json& from) {
  const auto word = text_at(from, "reason");
  for (const auto reason : end_reasons)
    if (to_string(reason) == word) return reason;
  throw bad_frame("reason");
}

// -- changes -----------------------------------------------------------------------------

json to_json(const messages::user_changed& c) {
  return {{"change", "user"}, {"user", to_string(c.user)}};
}
json to_json(const messages::user_sessions_ended& c) {
  json out{{"change", "user_sessions_ended"},
           {"user", to_string(c.user)},
           {"reason", to_string(c.reason)}};
  if (c.keep) out["keep"] = to_string(*c.keep);
  return out;
}
json to_json(const messages::user_session_ended& c) {
  return {{"change", "user_session_ended"},
          {"user", to_string(c.user)},
          {"session", to_string(c.session)},
          {"reason", to_string(c.reason)}};
}
json to_json(const messages::user_role_changed& c) {
  return {{"change", "user_role"}, {"user", to_string(c.user)}, {"role", c.role}};
}
json to_json(const messages::user_subscription_changed& c) {
  return {{"change", "user_subscription"},
          {"user", to_string(c.user)},
          {"tier", c.tier},
          {"status", c.status}};
}
json to_json(const messages::user_sessions_synced& c) {
  return {{"change", "user_sessions_synced"}, {"user", to_string(c.user)}};
}
json to_json(const messages::registry_changed&) {
  return {{"change", "registry"}};
}

/// Calls `use` with what `held`, a `one_of<Types...>`, holds.
template <class Use, class... Types>
json visit(const one_of<Types...>& held, Use use) {
  json out;
  ((held.template holds<Types>() ? (void)(out = use(held.template get<Types>())) : void()), ...);
  return out;
}

durable_change change_of(const json& from) {
  const auto kind = text_at(from, "change");
  if (kind == "registry") return messages::registry_changed{};
  const auto user = id_at<user_id>(from, "user");
  if (kind == "user") return messages::user_changed{user};
  if (kind == "user_sessions_ended") {
    messages::user_sessions_ended out{user, std::nullopt, reason_at(from)};
    if (from.contains("keep")) out.keep = id_at<session_id>(from, "keep");
    return out;
  }
  if (kind == "user_session_ended")
    return messages::user_session_ended{user, id_at<session_id>(from, "session"), reason_at(from)};
  if (kind == "user_role") return messages::user_role_changed{user, text_at(from, "role")};
  if (kind == "user_subscription")
    return messages::user_subscription_changed{user, text_at(from, "tier"),
                                               text_at(from, "status")};
  if (kind == "user_sessions_synced") return messages::user_sessions_synced{user};
  throw bad_frame("change");
}

// -- frames ------------------------------------------------------------------------------

json to_json(const ask_promise& f) {
  return {{"say", "ask"}, {"number", f.number}};
}
json to_json(const give_promise& f) {
  return {{"say", "give"}, {"number", f.number}};
}
json to_json(const welcome&) {
  return {{"say", "welcome"}};
}
json to_json(const tell_change& f) {
  auto out = visit(f.change, [](const auto& change) { return to_json(change); });
  out["say"] = "tell";
  out["number"] = f.number;
  return out;
}
json to_json(const confirm_change& f) {
  return {{"say", "confirm"}, {"number", f.number}};
}
json to_json(const say_goodbye&) {
  return {{"say", "goodbye"}};
}

frame frame_of(const json& from) {
  if (!from.is_object()) throw bad_frame("frame");
  const auto kind = text_at(from, "say");
  if (kind == "ask") return ask_promise{number_at(from, "number")};
  if (kind == "give") return give_promise{number_at(from, "number")};
  if (kind == "welcome") return welcome{};
  if (kind == "tell") return tell_change{number_at(from, "number"), change_of(from)};
  if (kind == "confirm") return confirm_change{number_at(from, "number")};
  if (kind == "goodbye") return say_goodbye{};
  throw bad_frame("say");
}

} // namespace

std::string encode(const frame& said) {
  const auto out = visit(said, [](const auto& each) { return to_json(each); });
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<frame> decode(std::string_view text) {
  try {
    const auto parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) return fail(error_code::validation_error, "frame", "no JSON");
    return frame_of(parsed);
  } catch (const bad_frame& e) {
    return fail(error_code::validation_error, e.what(), "is missing or not understood");
  }
}

} // namespace latchkey::cluster
