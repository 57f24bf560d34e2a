#include "storage/postgres/batched/batched_facts.hpp"

#include "storage/facts/rules/fact_rules.hpp"
#include "storage/postgres/batched/batched_kinds.hpp"
#include "storage/postgres/runner.hpp"

#include <iterator>

namespace latchkey::storage::postgres {

namespace {

using batch_function = void (*)(connection&, group);
// In the order of the first alternatives of `fact`.
constexpr batch_function batch_functions[] = {create_users,    set_passwords, create_sessions,
                                              rotate_sessions, end_sessions,  end_all_sessions,
                                              add_audits,      touch_logins};
constexpr auto batched_kinds = std::size(batch_functions);
static_assert(fact::position_of<create_user> == 0 && fact::position_of<set_password_hash> == 1 &&
              fact::position_of<create_session> == 2 && fact::position_of<rotate_session> == 3 &&
              fact::position_of<end_session> == 4 && fact::position_of<end_sessions_of> == 5 &&
              fact::position_of<add_audit> == 6 && fact::position_of<touch_login> == 7);

} // namespace

void apply_facts(connection& link, std::span<pending> facts) {
  if (facts.empty()) return;
  const auto kind = facts.front().f->index();
  if (kind < batched_kinds) return batch_functions[kind](link, facts);
  postgres_runner on(link);
  for (auto& p : facts)
    p.lost = rules_of(*p.f).write(on, *p.f, p.note);
}

bool leaves_rows_when_it_loses(const fact& f) noexcept {
  return f.index() >= batched_kinds || f.holds<create_user>();
}

} // namespace latchkey::storage::postgres
