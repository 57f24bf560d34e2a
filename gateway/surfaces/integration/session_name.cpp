#include "gateway/surfaces/integration/session_name.hpp"

#include "protocol/opaque_key.hpp"
#include "protocol/text_codec.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

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
  const auto given = nlohmann::json::parse(device_info, nullptr, /*allow_exceptions*/ false);
  if (!given.is_object()) return {};
  std::string out;
  const auto take = [&out](const nlohmann::json& value) {
    if (!value.is_string() && !value.is_number()) return;
    auto word = value.is_string() ? value.get<std::string>() : value.dump();
    std::erase_if(word, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (word.empty()) return;
    if (!out.empty()) out += ", ";
    out += word;
  };
  constexpr std::string_view first[] = {"device_type", "browser"};
  for (const auto name : first)
    if (const auto found = given.find(name); found != given.end()) take(*found);
  for (const auto& item : given.items())
    if (std::ranges::find(first, item.key()) == std::end(first)) take(item.value());
  if (out.size() <= device_bytes_max) return out;
  out.resize(device_bytes_max);
  while (!is_valid_utf8(out))
    out.pop_back(); // of a character that was cut
  return out;
}

} // namespace latchkey::gateway::integration
