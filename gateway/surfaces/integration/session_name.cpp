#include "gateway/surfaces/integration/session_name.hpp"

#include "gateway/request/input/input.hpp"
#include "protocol/text/control_characters.hpp"
#include "protocol/text/json_text.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::gateway::integration {

session_id session_named(const user_id& user, std::string_view text) {
  if (const auto id = parse_uuid(text)) return session_id{*id};
  std::string named = "latchkey session ";
  named.append(reinterpret_cast<const char*>(user.bytes.data()), user.bytes.size());
  named.append(text);
  const auto hash = base64url_decode(hash_of_key(named)).value_or("");
  session_id id;
  std::copy_n(hash.begin(), std::min(hash.size(), id.bytes.size()), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80); // version 8
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80); // RFC 9562's variant
  return id;
}

std::string device_words(std::string_view device_info) {
  auto given = json_members(device_info, json_depth_max);
  if (!given) return {};
  std::ranges::sort(*given, {}, &json_member::name);
  std::string out;
  const auto take = [&out](const json_member& member) {
    const bool is_text = member.value.starts_with('"');
    if (!is_text && !is_json_number(member.value)) return;
    auto text = is_text ? json_string_content(member.value) : member.value;
    std::erase_if(text, is_control_character);
    if (text.empty()) return;
    if (!out.empty()) out += ", ";
    out += text;
  };
  constexpr std::string_view first[] = {"device_type", "browser"};
  for (const auto name : first)
    if (const auto found = std::ranges::find(*given, name, &json_member::name);
        found != given->end())
      take(*found);
  for (const auto& member : *given)
    if (std::ranges::find(first, member.name) == std::end(first)) take(member);
  if (out.size() <= device_bytes_max) return out;
  out.resize(device_bytes_max);
  while (!is_valid_utf8(out))
    out.pop_back(); // of a character that was cut
  return out;
}

} // namespace latchkey::gateway::integration
