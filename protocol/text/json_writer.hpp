// json_writer.hpp — writes JSON into a string, member by member, in the order of the calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

/// Appends to a string of the caller's and puts commas where they belong: nowhere at the beginning
/// of an object, a list or a line. The caller ends the objects and lists that it began. Values and
/// names are escaped (see append_json_string).
class json_writer {
public:
  explicit json_writer(std::string& out) noexcept : out_(out) {}

  /// An object or a list: the outermost, or an item of a list.
  json_writer& begin_object();
  json_writer& begin_list();
  /// An object or a list as a member.
  json_writer& begin_object(std::string_view member);
  json_writer& begin_list(std::string_view member);
  json_writer& end_object();
  json_writer& end_list();

  json_writer& text(std::string_view member, std::string_view value);
  /// Null for an empty text.
  json_writer& text_or_null(std::string_view member, std::string_view value);
  json_writer& number(std::string_view member, std::int64_t value);
  /// Null for nothing.
  json_writer& number_or_null(std::string_view member, std::optional<std::int64_t> value);
  json_writer& flag(std::string_view member, bool value);
  json_writer& null(std::string_view member);
  /// A value that is JSON already.
  json_writer& json(std::string_view member, std::string_view value);
  /// Members that are JSON already, "\"a\":1,\"b\":2" or empty.
  json_writer& members(std::string_view json);
  /// The name of a member whose value the caller appends.
  json_writer& name(std::string_view member);
  /// A text as an item of a list.
  json_writer& item(std::string_view value);

private:
  void comma();

  std::string& out_;
};

} // namespace latchkey
