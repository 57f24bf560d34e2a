#include "storage/postgres/facts.hpp"

#include "storage/postgres/fact_kinds.hpp"
#include "storage/postgres/runner.hpp"
#include "storage/sql/facts.hpp"

namespace latchkey::storage::postgres {

namespace {

using applier = void (*)(connection&, group);
// In the order of `fact`'s alternatives.
constexpr applier appliers[] = {create_users, set_passwords,    create_sessions, rotate_sessions,
                                end_sessions, end_all_sessions, add_audits,      touch_logins};
static_assert(std::size(appliers) == sql::hot_kinds);

} // namespace

void apply_facts(connection& link, std::span<pending> facts) {
  if (facts.empty()) return;
  const auto kind = facts.front().what->index();
  if (kind < sql::hot_kinds) return appliers[kind](link, facts);
  postgres_runner on(link);
  for (auto& p : facts)
    p.lost = sql::write_cold(on, *p.what, p.note);
}

bool leaves_rows_when_it_loses(const fact& what) noexcept {
  return what.index() >= sql::hot_kinds || std::holds_alternative<create_user>(what);
}

} // namespace latchkey::storage::postgres
