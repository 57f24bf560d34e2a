// topic.hpp — what a topic's file in storage/facts/ needs: checks, footprints, statements and rows.
#pragma once

#include "storage/facts/rules/fact_checker.hpp"
#include "storage/facts/rules/fact_rules.hpp"
#include "storage/facts/rules/footprint.hpp"
#include "storage/facts/topics.hpp"
#include "storage/sql/catalogue.hpp"
#include "storage/sql/rows.hpp"
#include "storage/sql/runner.hpp"
#include "storage/sql/word_list.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::storage {

using sql::flag_at;
using sql::flag_or_null;
using sql::join_words;
using sql::key_at;
using sql::key_number;
using sql::name_of;
using sql::number_at;
using sql::parameter;
using sql::raw_bytes;
using sql::row_count;
using sql::row_source;
using sql::runner;
using sql::statement;
using sql::text_or;
using sql::text_or_null;
using sql::text_or_null_if_empty;
using sql::time_at;
using sql::time_or_null;
using sql::time_text;
using sql::to_session;
using sql::to_user;
using sql::to_user_id;
using sql::words_at;

/// What a fact touches (footprint.hpp).
using thing = footprint::thing;

/// Roles and services are read whole: far more rows than actors/registry/registry.hpp allows.
inline constexpr std::int64_t registry_rows_max = 65'536;

/// Why a fact lost.
inline failure losing(error_code code, const char* field = "", const char* reason = "") {
  return {code, field, reason, 0};
}

/// The number that a `SELECT count(*)` answers.
inline std::int64_t count_of(runner& on, const statement& command, std::vector<parameter> values) {
  std::int64_t count = 0;
  on.run(command, std::move(values),
         [&count](const row_source& row) { count = number_at(row, 0); });
  return count;
}

/// Whether there are at least `max`.
inline bool reaches(std::int64_t count, std::size_t max) {
  return count >= 0 && static_cast<std::uint64_t>(count) >= max;
}

/// LIMIT for a page: at most `page_rows_max` rows.
inline std::int64_t page_rows(std::size_t limit) {
  return row_count(limit < page_rows_max ? limit : page_rows_max);
}

} // namespace latchkey::storage
