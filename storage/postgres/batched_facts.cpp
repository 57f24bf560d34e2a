#include "storage/postgres/batched_facts.hpp"

#include "storage/facts/fact_rules.hpp"
#include "storage/postgres/batched_kinds.hpp"
#include "storage/postgres/runner.hpp"

#include <type_traits>
#include <variant>

namespace latchkey::storage::postgres {

namespace {

using batch_function = void (*)(connection&, group);
// In the order of the first alternatives of `fact`.
constexpr batch_function batch_functions[] = {create_users,    set_passwords, create_sessions,
                                              rotate_sessions, end_sessions,  end_all_sessions,
                                              add_audits,      touch_logins};
constexpr auto batched_kinds = std::size(batch_functions);
static_assert(std::is_same_v<std::variant_alternative_t<0, fact>, create_user> &&
              std::is_same_v<std::variant_alternative_t<1, fact>, set_password_hash> &&
              std::is_same_v<std::variant_alternative_t<2, fact>, create_session> &&
              std::is_same_v<std::variant_alternative_t<3, fact>, rotate_session> &&
              std::is_same_v<std::variant_alternative_t<4, fact>, end_session> &&
              std::is_same_v<std::variant_alternative_t<5, fact>, end_sessions_of> &&
              std::is_same_v<std::variant_alternative_t<6, fact>, add_audit> &&
              std::is_same_v<std::variant_alternative_t<7, fact>, touch_login>);

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
  return f.index() >= batched_kinds || std::holds_alternative<create_user>(f);
}

} // namespace latchkey::storage::postgres
