#include "gateway/request/input/input_reader.hpp"

#include "gateway/request/input/input.hpp"
#include "protocol/text/json_text.hpp"
#include "protocol/text/text_codec.hpp"

#include <charconv>
#include <utility>

namespace latchkey::gateway {
namespace {

using kind = input_value::kind;

/// The same JSON with each string written in the one way that all our answers write it.
std::string with_plain_strings(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto text = leading_json_string(json);
    if (text.empty())
      out += json.front();
    else
      append_json_string(out, json_string_content(text));
    json.remove_prefix(text.empty() ? 1 : text.size());
  }
  return out;
}

/// The texts at the beginning of a list without white space.
void read_items(std::string_view list, input_value& to) {
  list.remove_prefix(1);
  for (auto text = leading_json_string(list); !text.empty(); text = leading_json_string(list)) {
    to.items.push_back(json_string_content(text));
    list.remove_prefix(text.size());
    if (list.starts_with(',')) list.remove_prefix(1);
  }
  to.is_sound = list == "]";
}

/// A number that does not fit into 64 bits is read as a real one.
bool is_integer(std::string_view number) noexcept {
  std::int64_t negative = 0;
  std::uint64_t positive = 0;
  const auto* end = number.data() + number.size();
  const auto read = number.starts_with('-') ? std::from_chars(number.data(), end, negative)
                                            : std::from_chars(number.data(), end, positive);
  return read.ec == std::errc{} && read.ptr == end;
}

input_value value_of(const json_member& member) {
  const std::string_view json = member.value;
  input_value found;
  const char first = json.front();
  if (first == '{') {
    found.is = kind::object;
    found.json = with_plain_strings(json);
    found.is_sound = !member.has_doubled_name;
  } else if (first == '[') {
    found.is = kind::list;
    found.json = json;
    read_items(json, found);
  } else if (first == '"') {
    found.is = kind::text;
    found.content = secret{json_string_content(json)};
  } else if (json != "null") {
    const auto of_number = is_integer(json) ? kind::integer : kind::real;
    found.is = is_json_number(json) ? of_number : kind::flag;
    found.content = secret{std::string{json}};
  }
  return found;
}

/// The size of the object that `json` begins with.
std::size_t size_of_object(std::string_view json) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const auto text = leading_json_string(json.substr(at));
    at += text.empty() ? 1 : text.size();
    if (!text.empty()) continue;
    const char c = json[at - 1];
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at;
  }
  return json.size();
}

} // namespace

std::optional<std::vector<std::string>> json_objects(std::string_view list) {
  std::vector<std::string> out;
  list.remove_prefix(1);
  while (list.starts_with('{')) {
    const auto size = size_of_object(list);
    out.emplace_back(list.substr(0, size));
    list.remove_prefix(size);
    if (list.starts_with(',')) list.remove_prefix(1);
  }
  if (list != "]") return std::nullopt;
  return out;
}

std::string read_json_fields(std::string_view text,
                             const std::function<bool(std::string name, input_value)>& take) {
  auto members = json_members(text, json_depth_max, doubled_names::reported);
  if (!members) return members.error();
  for (auto& member : *members)
    if (!take(std::move(member.name), value_of(member))) break;
  return {};
}

} // namespace latchkey::gateway
