#include "storage/facts/rules/fact_rules.hpp"

#include "storage/facts/topics.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace latchkey::storage {

namespace {

/// Rules by kind, for as many kinds as there are.
template <class Rules, std::size_t Kinds>
class rules_by_kind {
public:
  explicit rules_by_kind(std::span<const Rules> (*listed_in)(const topic&)) {
    for (const auto make : all_topics)
      for (const auto& rules : listed_in(make()))
        by_kind_[rules.kind] = &rules;
    for (std::size_t kind = 0; kind < Kinds; ++kind)
      if (by_kind_[kind] == nullptr)
        throw std::logic_error("no topic lists alternative " + std::to_string(kind));
  }
  const Rules& operator[](std::size_t kind) const { return *by_kind_[kind]; }

private:
  std::array<const Rules*, Kinds> by_kind_{};
};

} // namespace

const fact_rules& rules_of(const fact& f) {
  static const rules_by_kind<fact_rules, fact::size> all([](const topic& t) { return t.facts; });
  return all[f.index()];
}

const query_rules& rules_of(const query& q) {
  static const rules_by_kind<query_rules, query::size> all(
      [](const topic& t) { return t.queries; });
  return all[q.index()];
}

} // namespace latchkey::storage
