// Every kind of fact and query has rules, and the rules of its own kind.
#include "storage/facts/fact_rules.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

namespace latchkey::test {

namespace {

using namespace storage;

template <class Variant, std::size_t... Kinds>
std::vector<std::size_t> kinds_of_rules(std::index_sequence<Kinds...>) {
  return {rules_of(Variant(std::in_place_index<Kinds>)).kind...};
}

template <class Variant>
void expect_rules_for_every_kind() {
  constexpr auto kinds = std::variant_size_v<Variant>;
  const auto found = kinds_of_rules<Variant>(std::make_index_sequence<kinds>());
  for (std::size_t kind = 0; kind < kinds; ++kind)
    EXPECT_EQ(found[kind], kind);
}

TEST(FactRules, ExistForEveryFact) {
  expect_rules_for_every_kind<fact>();
}

TEST(FactRules, ExistForEveryQuery) {
  expect_rules_for_every_kind<query>();
}

} // namespace

} // namespace latchkey::test
