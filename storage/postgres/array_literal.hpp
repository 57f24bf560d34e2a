// array_literal.hpp — an array as PostgreSQL reads one from text ("PostgreSQL 15
// Documentation", 8.15.2): how a column of a batch travels in one parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::storage::postgres {

/// Every element is quoted, so nothing in it has a meaning but `"` and `\`, which are
/// escaped. Text must hold no NUL.
class array_literal {
public:
  void text(std::string_view value);
  void bytes(std::string_view value); // as bytea's hexadecimal form
  void number(std::int64_t value);
  void flag(bool value);
  void null();
  void text_or_null(const std::optional<std::string>& value);
  /// The literal; the builder is empty again afterwards.
  std::string take();

private:
  void separate();
  std::string out_;
};

} // namespace latchkey::storage::postgres
