#include "gateway/surfaces/live/ticket.hpp"

#include "protocol/text/spaced_fields.hpp"
#include "protocol/tokens/sealed.hpp"

#include <string>

namespace latchkey::gateway::live {
namespace {

constexpr std::string_view belongs_to = "live socket ticket";

} // namespace

secret write_ticket(const secret& key, const ticket& t) {
  const auto text = to_string(t.session) + ' ' + to_string(t.user) + ' ' +
                    std::to_string(t.number) + ' ' + std::to_string(t.token_expires_at) + ' ' +
                    std::to_string(t.good_until);
  return secret{seal(key, text, belongs_to)};
}

result<ticket> read_ticket(const secret& key, std::string_view text, time_point now) {
  const auto refused = fail(error_code::token_invalid, "ticket", "is invalid or already used");
  if (text.size() > ticket_bytes_max) return refused;
  const auto opened = open_sealed(key, text, belongs_to);
  if (!opened) return refused;
  auto rest = opened->reveal();
  const auto session = parse_uuid(take_field(rest));
  const auto user = parse_uuid(take_field(rest));
  const auto number = take_number<std::uint64_t>(rest);
  const auto expires_at = take_number<std::int64_t>(rest);
  const auto good_until = take_number<std::int64_t>(rest);
  if (!session || !user || !number || !expires_at || !good_until) return refused;
  // A ticket that would be valid for longer was made before the clock was set back.
  const time_point end{std::chrono::seconds{*good_until}};
  if (now >= end || now + ticket_ttl < end)
    return fail(error_code::token_expired, "ticket",
                "has expired: a ticket is valid for 30 seconds");
  if (now >= time_point{std::chrono::seconds{*expires_at}})
    return fail(error_code::token_expired, "ticket",
                "has expired with the token that it was made for");
  return ticket{session_id{*session}, user_id{*user}, *number, *expires_at, *good_until};
}

} // namespace latchkey::gateway::live
