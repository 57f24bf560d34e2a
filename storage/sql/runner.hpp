// runner.hpp — runs a statement on either engine, so that a fact is written once for both.
#pragma once

#include "storage/sql/catalogue.hpp"
#include "storage/sql/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::storage::sql {

/// A parameter that is no text.
struct raw_bytes {
  std::string bytes;
};

/// A statement's parameter; `monostate` is NULL.
using parameter = std::variant<std::monostate, bool, std::int64_t, std::string, raw_bytes>;

class runner {
public:
  virtual ~runner() = default;

  /// Runs `text` with $1, $2 … and answers how many rows came out. PostgreSQL runs `batch`
  /// instead where there is one. A statement without `text` is for PostgreSQL alone (a lock):
  /// SQLite runs nothing and answers 0. After an error SQLite's runner runs nothing more and
  /// answers 0; the engine looks at the error afterwards, so that the facts' code needs no error
  /// checks. PostgreSQL's throws.
  virtual std::size_t run(const statement& command, std::vector<parameter> values,
                          const std::function<void(const row_source&)>& on_row = nullptr) = 0;
};

/// NULL for what is not there.
parameter text_or_null(const std::optional<std::string>& text);
parameter time_text(time_point at);
parameter time_or_null(const std::optional<time_point>& at);
parameter flag_or_null(const std::optional<bool>& flag);
/// For columns where no text is NULL.
parameter text_or_null_if_empty(const std::string& text);
/// An id of 64 random bits, as BIGINT holds it; and back.
parameter key_number(std::uint64_t id);
std::uint64_t key_at(const row_source& row, int column);
/// A number of rows, for LIMIT and OFFSET; what BIGINT cannot hold becomes its largest.
std::int64_t row_count(std::size_t rows) noexcept;
/// Whether a text column can hold it: UTF-8 without NUL. PostgreSQL fails on any other parameter.
bool is_storable(std::string_view text) noexcept;

} // namespace latchkey::storage::sql
