// fact_checker.hpp — collects the first thing that is wrong with a fact.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::storage {

// In characters, as VARCHAR counts.
inline constexpr std::size_t name_key_chars_max = 512;   // folding may lengthen a name
inline constexpr std::size_t name_key_bytes_max = 2048;  // PostgreSQL's index entries end at 2704
inline constexpr std::size_t secret_hash_chars_max = 64; // base64url of SHA-256 has 43

class fact_checker {
public:
  /// UTF-8 without NUL.
  void text(const char* field, std::string_view value, std::size_t chars_max);
  void text_if_set(const char* field, const std::optional<std::string>& value,
                   std::size_t chars_max) {
    if (value) text(field, std::string_view(*value), chars_max);
  }
  /// The same, and not empty.
  void name(const char* field, std::string_view value, std::size_t chars_max) {
    require(!value.empty(), field, "is empty");
    text(field, value, chars_max);
  }
  /// A folded login name.
  void key(const char* field, std::string_view value);
  /// A list that one column holds, joined by spaces: no empty word, no white space in a word.
  void words(const char* field, const std::vector<std::string>& value);
  /// The hash of a token or a key (base64url); not empty.
  void secret_hash(const char* field, std::string_view value) {
    name(field, value, secret_hash_chars_max);
  }
  /// A number that the store counts up: it and its successor fit into BIGINT.
  void counter(const char* field, std::uint64_t value);
  /// A JSON object, or nothing at all.
  void json_object(const char* field, std::string_view value, std::size_t bytes_max);
  void id(const char* field, const uuid& value) {
    if (value.is_nil()) wrong(field, "names nothing");
  }
  void id(const char* field, std::uint64_t value) {
    if (value == 0) wrong(field, "names nothing");
  }
  void time(const char* field, time_point value) {
    if (value < earliest || value > latest) wrong(field, "is out of range");
  }
  void time(const char* field, const std::optional<time_point>& value) {
    if (value) time(field, *value);
  }
  void require(bool holds, const char* field, const char* reason) {
    if (!holds) wrong(field, reason);
  }
  void wrong(const char* field, const char* reason) {
    if (!first_) first_ = failure{error_code::validation_error, field, reason, 0};
  }
  std::optional<failure> take() { return std::move(first_); }

private:
  // PostgreSQL's timestamps begin in 4713 BC, but protocol/time.hpp prints and reads years of
  // four digits.
  static constexpr time_point earliest = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
  static constexpr time_point latest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

  std::optional<failure> first_;
};

} // namespace latchkey::storage
