#include "actors/limits/quota.hpp"

#include "protocol/text/json_writer.hpp"

#include <algorithm>

namespace latchkey {

failure quota_exceeded(std::string_view quota, std::int64_t limit,
                       std::optional<time_point> resets_at, time_point now) {
  failure out{error_code::quota_exceeded};
  json_writer{out.more}
      .text("quota", quota)
      .number("limit", limit)
      .time_or_null("resets_at", resets_at);
  if (!resets_at) return out;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*resets_at - now).count();
  out.retry_after_s = static_cast<std::uint32_t>(std::max<std::int64_t>(wait, 1));
  return out;
}

} // namespace latchkey
