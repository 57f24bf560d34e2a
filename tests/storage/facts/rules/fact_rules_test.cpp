// Every kind of fact and query has rules, and the rules of its own kind.
#include "storage/facts/rules/fact_rules.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace latchkey::test {

namespace {

using namespace storage;

template <class Any, std::size_t... Kinds>
std::vector<std::size_t> kinds_of_rules(std::index_sequence<Kinds...>) {
  return {rules_of(Any(typename Any::template type_at<Kinds>{})).kind...};
}

template <class Any>
void expect_rules_for_every_kind() {
  const auto found = kinds_of_rules<Any>(std::make_index_sequence<Any::size>());
  for (std::size_t kind = 0; kind < Any::size; ++kind)
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
