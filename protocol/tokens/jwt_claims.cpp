#include "protocol/tokens/jwt_claims.hpp"

#include <algorithm>
#include <string>

namespace latchkey::jwt {
namespace {

using simdjson::dom::element;

constexpr std::size_t claims_max = 32;
/// The end of the year 9999. A time outside 1 … this is a mistake or an attack.
constexpr std::int64_t seconds_max = 253'402'300'799;

std::optional<std::string_view> text(const std::optional<element>& value) {
  std::string_view view;
  if (!value || value->get(view) != simdjson::SUCCESS || view.empty()) return std::nullopt;
  return view;
}

/// A whole number from 1 to `highest`.
std::optional<std::int64_t> number(const std::optional<element>& value, std::int64_t highest) {
  std::int64_t out = 0;
  if (!value || value->get(out) != simdjson::SUCCESS || out < 1 || out > highest)
    return std::nullopt;
  return out;
}

/// Words with one space between each two (RFC 8693, 4.2); none for an empty text.
std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

std::optional<uuid> id(const std::optional<element>& value) {
  auto view = text(value);
  auto parsed = view ? parse_uuid(*view) : std::nullopt;
  return parsed && !parsed->is_nil() ? parsed : std::nullopt;
}

} // namespace

std::optional<claim_table> members_of(element payload) {
  simdjson::dom::object object;
  if (payload.get(object) != simdjson::SUCCESS) return std::nullopt;
  claim_table known;
  std::array<std::string_view, claims_max> others;
  std::size_t others_size = 0;
  for (auto [name, value] : object) {
    auto at = std::find(claim_names.begin(), claim_names.end(), name);
    if (at != claim_names.end()) {
      auto& slot = known[static_cast<std::size_t>(at - claim_names.begin())];
      if (slot) return std::nullopt;
      slot = value;
      continue;
    }
    auto* end = others.data() + others_size;
    if (others_size == others.size() || std::find(others.data(), end, name) != end)
      return std::nullopt;
    others[others_size++] = name;
  }
  return known;
}

std::optional<service_claims> service_claims_of(const claim_table& members) {
  auto subject = text(members[sub]);
  auto named = text(members[service]);
  auto kind = text(members[type]);
  auto issued = number(members[iat], seconds_max);
  auto expires = number(members[exp], seconds_max);
  auto issuer = text(members[iss]);
  auto audience = text(members[aud]);
  auto token_id = text(members[jti]);
  std::string_view scopes;
  const bool scoped = members[scope] && members[scope]->get(scopes) == simdjson::SUCCESS;
  if (!subject || !named || *subject != *named || !kind || *kind != "service" || !issued ||
      !expires || !issuer || !audience || !token_id || !scoped)
    return std::nullopt;
  return service_claims{std::string{*named},    words(scopes), std::string{*issuer},
                        std::string{*audience}, *issued,       *expires,
                        std::string{*token_id}};
}

std::optional<access_claims> access_claims_of(const claim_table& members) {
  auto user = id(members[sub]);
  auto session = id(members[sid]);
  auto user_count = number(members[user_number], INT64_MAX);
  auto issued = number(members[iat], seconds_max);
  auto expires = number(members[exp], seconds_max);
  auto kind = text(members[type]);
  auto role_name = text(members[role]);
  auto issuer = text(members[iss]);
  auto audience = text(members[aud]);
  auto token_id = text(members[jti]);
  if (!user || !session || !user_count || !issued || !expires || !kind || !role_name || !issuer ||
      !audience || !token_id || *kind != "access")
    return std::nullopt;
  return access_claims{user_id{*user},
                       *user_count,
                       session_id{*session},
                       std::string{*kind},
                       std::string{*role_name},
                       std::string{*issuer},
                       std::string{*audience},
                       *issued,
                       *expires,
                       std::string{*token_id},
                       {},
                       0};
}

std::optional<std::int64_t> not_before_of(const claim_table& members) {
  if (!members[nbf]) return 0;
  return number(members[nbf], seconds_max);
}

} // namespace latchkey::jwt
