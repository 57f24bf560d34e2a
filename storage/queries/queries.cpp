#include "storage/queries/queries.hpp"

#include "protocol/text/text_codec.hpp"

#include <limits>

namespace latchkey::storage::sql {

namespace {

template <class Query>
concept answered_here = requires(runner& on, const Query& q) {
  answer(on, q);
};

bool is_askable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

template <class Query>
bool is_askable(const Query& q) {
  if constexpr (requires { q.customer; }) return is_askable(std::string_view(q.customer));
  if constexpr (requires { q.client_id; }) return is_askable(std::string_view(q.client_id));
  if constexpr (requires { q.action; }) return is_askable(std::string_view(q.action));
  if constexpr (requires { q.held_by; }) return is_askable(std::string_view(q.held_by));
  return true;
}

} // namespace

finding answer_any(runner& on, const query& what) {
  return std::visit(
      [&](const auto& q) -> finding {
        using query_type = std::decay_t<decltype(q)>;
        return is_askable(q) ? answer(on, q) : finding(typename query_type::answer{});
      },
      what);
}

std::int64_t offset_of(std::size_t offset) noexcept {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return offset < static_cast<std::size_t>(most) ? static_cast<std::int64_t>(offset) : most;
}

} // namespace latchkey::storage::sql
