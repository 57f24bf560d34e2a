#include "gateway/proxy/rules/route_json.hpp"

#include "config/settings/setting_values.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace latchkey::proxy::route_json {

using nlohmann::json;

tl::unexpected<failure> problem(std::string field, std::string reason) {
  return fail(error_code::validation_error, std::move(field), std::move(reason));
}

tl::unexpected<failure> expected(std::string field, const json& found, std::string_view right) {
  std::string reason = "is ";
  if (found.is_string())
    reason += "\"" + setting_values::shown(found.get_ref<const std::string&>()) + "\"";
  else if (found.is_structured())
    reason += found.is_array() ? "a list" : "an object";
  else
    reason += setting_values::shown(found.dump());
  return problem(std::move(field), (reason += ": expected ") += right);
}

std::string member_of(const std::string& location, std::string_view name) {
  return location.empty() ? std::string{name} : location + "." + std::string{name};
}

std::string item_of(std::string_view list, std::size_t index) {
  return std::string{list} + "[" + std::to_string(index) + "]";
}

result<json> read_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    return problem({}, "is longer than " + std::to_string(bytes_max) + " bytes");
  std::vector<std::set<std::string>> open_objects;
  std::string twice;
  const auto watch = [&](int, json::parse_event_t event, json& part) {
    if (event == json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) open_objects.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& name = part.get_ref<const std::string&>();
      if (!open_objects.back().insert(name).second && twice.empty()) twice = name;
    }
    return true;
  };
  try {
    auto whole = json::parse(text, watch);
    if (!twice.empty()) return problem(setting_values::shown(twice), "appears twice in one object");
    return whole;
  } catch (const json::parse_error& error) {
    return problem({}, "is not JSON: it goes wrong at byte " + std::to_string(error.byte));
  }
}

result<void> check_members(const json& object, const std::string& location,
                           std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return expected(location, object, "a JSON object");
  for (const auto& [name, value] : object.items())
    if (std::ranges::find(known, std::string_view{name}) == known.end())
      return problem(member_of(location, setting_values::shown(name)), "is not a known member");
  return {};
}

result<json> list_member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return json::array();
  if (!found->is_array()) return expected(name, *found, "a list");
  return *found;
}

result<std::string> text_member(const json& object, const std::string& location, const char* name,
                                std::string_view right) {
  const auto found = object.find(name);
  if (found == object.end())
    return problem(member_of(location, name), "is missing: expected " + std::string{right});
  if (!found->is_string()) return expected(member_of(location, name), *found, right);
  return found->get<std::string>();
}

result<std::uint64_t> number_member(const json& object, const std::string& location,
                                    const char* name, std::uint64_t min, std::uint64_t max,
                                    std::uint64_t fallback) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  const auto number = found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  if (!found->is_number_unsigned() || number < min || number > max)
    return expected(member_of(location, name), *found,
                    std::to_string(min) + " to " + std::to_string(max));
  return number;
}

} // namespace latchkey::proxy::route_json
