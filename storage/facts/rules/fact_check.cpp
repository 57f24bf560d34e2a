#include "storage/facts/rules/fact_check.hpp"

#include "storage/facts/rules/fact_checker.hpp"
#include "storage/facts/rules/fact_rules.hpp"

namespace latchkey::storage {

std::optional<failure> check_fact(const fact& f) {
  fact_checker c;
  rules_of(f).check(c, f);
  return c.take();
}

std::optional<failure> check_unit(const unit& u) {
  for (const auto& f : u.facts)
    if (auto wrong = check_fact(f)) return wrong;
  return std::nullopt;
}

} // namespace latchkey::storage
