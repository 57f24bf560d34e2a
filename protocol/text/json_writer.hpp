// json_writer.hpp — writes JSON into a string, member by member, in the order of the calls.
#pragma once

#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// The name of a member: a literal that needs no escape, as is checked while compiling.
class json_name {
public:
  static constexpr std::size_t bytes_max = 40;

  template <std::size_t Size>
  consteval json_name(const char (&literal)[Size]) : text_(literal, Size - 1) {
    if (text_.size() > bytes_max) throw "a name of a member is too long";
    for (const char c : text_)
      if (c < ' ' || c > '~' || c == '"' || c == '\\') throw "a name of a member needs escapes";
  }
  constexpr std::string_view text() const noexcept { return text_; }

private:
  std::string_view text_;
};

/// Appends to a string of the caller's and puts commas where they belong: nowhere at the beginning
/// of an object, a list or a line. The caller ends the objects and lists that it began. Values are
/// escaped (see append_json_string).
class json_writer {
public:
  explicit json_writer(std::string& out) noexcept : out_(out) {}

  /// An object or a list: the outermost, or an item of a list.
  json_writer& begin_object();
  json_writer& begin_list();
  /// An object or a list as a member.
  json_writer& begin_object(json_name member);
  json_writer& begin_list(json_name member);
  json_writer& end_object();
  json_writer& end_list();

  json_writer& text(json_name member, std::string_view value);
  /// Null for an empty text.
  json_writer& text_or_null(json_name member, std::string_view value);
  json_writer& number(json_name member, std::int64_t value);
  /// Null for nothing.
  json_writer& number_or_null(json_name member, std::optional<std::int64_t> value);
  /// RFC 3339, in seconds; null for nothing.
  json_writer& time_or_null(json_name member, std::optional<time_point> value);
  json_writer& flag(json_name member, bool value);
  json_writer& null(json_name member);
  /// A value that is JSON already.
  json_writer& json(json_name member, std::string_view value);
  /// The same under a name that came from outside; it is escaped.
  json_writer& json_as(std::string_view member, std::string_view value);
  /// Members that are JSON already, "\"a\":1,\"b\":2" or empty.
  json_writer& members(std::string_view json);
  /// The name of a member whose value the caller appends.
  json_writer& name(json_name member);
  /// A list of texts.
  json_writer& texts(json_name member, const std::vector<std::string>& values);
  /// A text as an item of a list.
  json_writer& item(std::string_view value);

private:
  /// Whether the next member or item is the first of its object, list or line.
  bool is_first() const noexcept;
  void comma();

  std::string& out_;
};

} // namespace latchkey
