#include "storage/postgres/facts.hpp"

#include "storage/postgres/fact_kinds.hpp"

namespace latchkey::storage::postgres {

namespace {

using applier = void (*)(connection&, group);
// In the order of `fact`'s alternatives.
constexpr applier appliers[] = {create_users, set_passwords,    create_sessions, rotate_sessions,
                                end_sessions, end_all_sessions, add_audits,      touch_logins};
static_assert(std::size(appliers) == std::variant_size_v<fact>);

} // namespace

void apply_facts(connection& link, std::span<pending> facts) {
  if (!facts.empty()) appliers[facts.front().what->index()](link, facts);
}

bool leaves_rows_when_it_loses(const fact& what) noexcept {
  return std::holds_alternative<create_user>(what);
}

} // namespace latchkey::storage::postgres
