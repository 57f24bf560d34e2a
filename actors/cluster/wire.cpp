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

std::int64_t seq_at(const json& from) {
  constexpr std::uint64_t most = std::uint64_t{1} << 53U;
  const auto number = number_at(from, "last_seq");
  if (number > most) throw bad_frame("last_seq");
  return static_cast<std::int64_t>(number);
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
json to_json(const messages::user_sessions_changed& c) {
  json out{{"change", "sessions"}, {"user", to_string(c.user)}, {"reason", to_string(c.reason)}};
  if (c.session) out["session"] = to_string(*c.session);
  return out;
}
json to_json(const messages::user_subscription_changed& c) {
  return {{"change", "subscription"}, {"user", to_string(c.user)}};
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
  if (kind == "sessions") {
    messages::user_sessions_changed out{user, std::nullopt, reason_at(from)};
    if (from.contains("session")) out.session = id_at<session_id>(from, "session");
    return out;
  }
  if (kind == "subscription") return messages::user_subscription_changed{user, {}, {}};
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

json to_json(const workflow_changed& f) {
  return {{"say", "workflow"},
          {"workflow", to_string(f.workflow)},
          {"last_seq", f.last_seq},
          {"owner", to_string(f.owner)}};
}
json to_json(const attend_workflow& f) {
  return {{"say", "attend"}, {"workflow", to_string(f.workflow)}, {"last_seq", f.last_seq}};
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
  if (kind == "workflow")
    return workflow_changed{id_at<workflow_id>(from, "workflow"), seq_at(from),
                            id_at<member_id>(from, "owner")};
  if (kind == "attend") // whose it is the connection tells
    return attend_workflow{id_at<workflow_id>(from, "workflow"), {}, seq_at(from)};
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
