// fact_rules.hpp — what the store does with each kind of fact and each kind of query.
//
// A topic's file in storage/facts/ defines, as overloads for each of its facts,
//   void check(fact_checker& c, const F& f);            refuses what no row may hold
//   void touch(footprint& print, const F& f);           names what the fact reads and writes
//   std::optional<failure> write(sql::runner& on, const F& f, written& note);
// and `finding answer(sql::runner& on, const Q& q)` for each of its queries. It lists them in a
// `topic`. Both engines find them here by a fact's or query's position in its `one_of`.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace latchkey::storage {

class fact_checker;
class footprint;
namespace sql {
class runner;
}

/// What the store does with one kind of fact.
struct fact_rules {
  std::size_t kind; // position in `fact`
  void (*check)(fact_checker& c, const fact& f);
  void (*touch)(footprint& print, const fact& f);
  /// Runs the fact's statements inside the caller's transaction. Answers why the fact lost, or
  /// nothing when it won. A fact that lost may have written rows; the caller rolls them back.
  std::optional<failure> (*write)(sql::runner& on, const fact& f, written& note);
};

/// How one kind of query is answered.
struct query_rules {
  std::size_t kind; // position in `query`
  finding (*answer)(sql::runner& on, const query& q);
};

/// The facts and queries whose rules stand in one file.
struct topic {
  std::span<const fact_rules> facts;
  std::span<const query_rules> queries;
};

/// The rules of a fact's or query's kind. Throws std::logic_error at the first call when a kind
/// has none.
const fact_rules& rules_of(const fact& f);
const query_rules& rules_of(const query& q);

/// The rules of a kind, from the overloads above in the topic's file.
template <class Fact>
constexpr fact_rules rules_for() {
  return {
      fact::position_of<Fact>, [](fact_checker& c, const fact& f) { check(c, f.get<Fact>()); },
      [](footprint& print, const fact& f) { touch(print, f.get<Fact>()); },
      [](sql::runner& on, const fact& f, written& note) { return write(on, f.get<Fact>(), note); }};
}
template <class Query>
constexpr query_rules rules_for_query() {
  return {query::position_of<Query>,
          [](sql::runner& on, const query& q) { return answer(on, q.get<Query>()); }};
}

} // namespace latchkey::storage
