// batched_kinds.hpp — a function for each kind of fact that is written in whole batches
// (batched_facts.cpp chooses), and what these functions share.
#pragma once

#include "storage/postgres/array_literal.hpp"
#include "storage/postgres/batched/batched_facts.hpp"

#include <algorithm>
#include <pqxx/result>
#include <string_view>
#include <unordered_set>

namespace latchkey::storage::postgres {

/// Facts of one alternative of `fact`; a function may change their order.
using group = std::span<pending>;

void create_users(connection& link, group facts);
void set_passwords(connection& link, group facts);
void touch_logins(connection& link, group facts);
void create_sessions(connection& link, group facts);
void rotate_sessions(connection& link, group facts);
void end_sessions(connection& link, group facts);
void end_all_sessions(connection& link, group facts);
void add_audits(connection& link, group facts);

template <class Fact>
const Fact& as(const pending& p) {
  return p.f->get<Fact>();
}

/// The parameters of one statement: a literal a column.
template <std::size_t Columns>
class table {
public:
  array_literal& operator[](std::size_t column) { return columns_[column]; }
  std::vector<std::string> take() {
    std::vector<std::string> out;
    out.reserve(Columns);
    for (auto& column : columns_)
      out.push_back(column.take());
    return out;
  }

private:
  array_literal columns_[Columns];
};

inline std::string_view view(const pqxx::field& f) {
  return {f.c_str(), f.size()};
}
inline bool is_true(const pqxx::field& f) {
  return view(f) == "t";
}

/// Why a fact lost.
inline failure losing(error_code code, const char* field = "", const char* reason = "") {
  return {code, field, reason, 0};
}

inline std::optional<std::string> time_text(const std::optional<time_point>& t) {
  return t ? std::optional(to_rfc3339(*t)) : std::nullopt;
}

/// Rows are locked in the order of their keys, so that two writers rarely deadlock.
template <class Key>
void sort_by(group facts, Key key) {
  std::stable_sort(facts.begin(), facts.end(),
                   [&key](const pending& a, const pending& b) { return key(a) < key(b); });
}

/// Column 0 of each row, as text.
inline std::unordered_set<std::string> first_column(const pqxx::result& rows) {
  std::unordered_set<std::string> out;
  for (const auto& row : rows)
    out.emplace(view(row[0]));
  return out;
}

/// The rows that a statement of the catalogue finds for these keys.
inline pqxx::result find_keys(connection& link, const sql::statement& command,
                              const std::vector<std::string>& keys) {
  array_literal literal;
  for (const auto& key : keys)
    literal.text(key);
  return link.run(command, {literal.take()});
}

} // namespace latchkey::storage::postgres
