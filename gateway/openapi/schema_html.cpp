#include "gateway/openapi/schema_html.hpp"

#include "gateway/openapi/html.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace latchkey::openapi {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const auto& part : parts)
    (out += out.empty() ? "" : between) += part;
  return out;
}

std::string values_html(const json& values) {
  std::vector<std::string> parts;
  for (const auto& value : values)
    parts.push_back(code_html(value.dump()));
  return joined(parts, ", ");
}

std::string link_to_schema(const std::string& reference) {
  const auto name = escaped_html(reference.substr(reference.rfind('/') + 1));
  return "<a href=\"#schema-" + name + "\">" + name + "</a>";
}

std::string types_html(const json& schemas, std::string_view between) {
  std::vector<std::string> parts;
  for (const auto& schema : schemas)
    parts.push_back(type_html(schema));
  return joined(parts, between);
}

/// "1 to 64 characters", "at most 64 entries"; empty when neither end is set.
std::string range_of(const json& schema, const char* least, const char* most,
                     const std::string& unit) {
  const auto has_least = schema.contains(least);
  const auto has_most = schema.contains(most);
  if (has_least && has_most) return schema[least].dump() + " to " + schema[most].dump() + unit;
  if (has_least) return "at least " + schema[least].dump() + unit;
  if (has_most) return "at most " + schema[most].dump() + unit;
  return {};
}

std::string properties_html(const json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || properties->empty()) return {};
  const auto required = schema.value("required", json::array());
  std::string out = "<table class=\"properties\">\n";
  for (const auto& [name, property] : properties->items()) {
    const bool is_required = std::find(required.begin(), required.end(), name) != required.end();
    out += "<tr><th scope=\"row\">" + code_html(name);
    if (is_required) out += " <small>required</small>";
    out += "</th><td>" + schema_html(property) + "</td></tr>\n";
  }
  return out + "</table>\n";
}

} // namespace

std::string type_html(const json& schema) {
  if (!schema.is_object() || schema.empty()) return "anything";
  if (schema.contains("$ref")) return link_to_schema(schema["$ref"].get<std::string>());
  for (const auto* key : {"oneOf", "anyOf"})
    if (schema.contains(key)) return types_html(schema[key], " or ");
  if (schema.contains("allOf")) return types_html(schema["allOf"], " and ");
  if (schema.contains("const")) return code_html(schema["const"].dump());
  if (schema.contains("enum")) return "one of " + values_html(schema["enum"]);
  if (schema.contains("items")) return "array of " + type_html(schema["items"]);
  std::vector<std::string> types;
  if (const auto type = schema.find("type"); type == schema.end())
    types.emplace_back(schema.contains("properties") ? "object" : "anything");
  else if (type->is_array())
    for (const auto& name : *type)
      types.push_back(escaped_html(name.get<std::string>()));
  else
    types.push_back(escaped_html(type->get<std::string>()));
  auto out = joined(types, " or ");
  if (schema.contains("format")) out += " (" + escaped_html(schema.value("format", "")) + ")";
  return out;
}

std::string limits_html(const json& schema) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::string part) {
    if (!part.empty()) parts.push_back(std::move(part));
  };
  add(range_of(schema, "minLength", "maxLength", " characters"));
  add(range_of(schema, "minItems", "maxItems", " entries"));
  add(range_of(schema, "minimum", "maximum", ""));
  if (schema.contains("pattern")) add("matches " + code_html(schema.value("pattern", "")));
  if (schema.contains("default")) add("default " + code_html(schema["default"].dump()));
  if (schema.contains("examples")) add("for example " + values_html(schema["examples"]));
  return joined(parts, "; ");
}

std::string schema_html(const json& schema) {
  std::string out = "<div>" + type_html(schema);
  if (const auto limits = limits_html(schema); !limits.empty())
    out += " <span class=\"limits\">" + limits + "</span>";
  out += "</div>\n";
  if (schema.contains("description")) out += prose_html(schema.value("description", ""));
  out += properties_html(schema);
  for (const auto* key : {"oneOf", "anyOf", "allOf"})
    for (const auto& part : schema.value(key, json::array()))
      out += properties_html(part);
  if (schema.contains("items")) out += properties_html(schema["items"]);
  return out;
}

} // namespace latchkey::openapi
