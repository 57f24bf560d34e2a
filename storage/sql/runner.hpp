// runner.hpp — runs statements of the catalogue on whichever engine there is, so that what is
// not hot is written once for both.
#pragma once

#include "storage/sql/catalogue.hpp"
#include "storage/sql/rows.hpp"

#include <cstdint>
#include <functional>
#include <string>
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
  /// instead where there is one: its own form, with the same parameters. A statement without
  /// `text` is for PostgreSQL alone (a lock): SQLite runs nothing and answers 0. After an
  /// error nothing more is run and 0 is answered; the engine that calls looks at the error
  /// itself, so that what stands here reads as straight lines.
  virtual std::size_t run(const statement& what, std::vector<parameter> values,
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

} // namespace latchkey::storage::sql
