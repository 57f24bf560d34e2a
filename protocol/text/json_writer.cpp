#include "protocol/text/json_writer.hpp"

#include "protocol/text/text_codec.hpp"

#include <array>
#include <charconv>

namespace latchkey {

bool json_writer::is_first() const noexcept {
  if (out_.empty()) return true;
  const char last = out_.back();
  // No value ends with one of these: a text ends with its quote.
  return last == '{' || last == '[' || last == ':' || last == '\n';
}

void json_writer::comma() {
  if (!is_first()) out_ += ',';
}

json_writer& json_writer::name(json_name member) {
  // Gathered first: a string that grows once grows faster.
  std::array<char, json_name::bytes_max + 4> piece;
  char* end = piece.data();
  if (!is_first()) *end++ = ',';
  *end++ = '"';
  end += member.text().copy(end, json_name::bytes_max);
  *end++ = '"';
  *end++ = ':';
  out_.append(piece.data(), end);
  return *this;
}

json_writer& json_writer::begin_object() {
  comma();
  out_ += '{';
  return *this;
}

json_writer& json_writer::begin_list() {
  comma();
  out_ += '[';
  return *this;
}

json_writer& json_writer::begin_object(json_name member) {
  name(member);
  return begin_object();
}

json_writer& json_writer::begin_list(json_name member) {
  name(member);
  return begin_list();
}

json_writer& json_writer::end_object() {
  out_ += '}';
  return *this;
}

json_writer& json_writer::end_list() {
  out_ += ']';
  return *this;
}

json_writer& json_writer::text(json_name member, std::string_view value) {
  name(member);
  append_json_string(out_, value);
  return *this;
}

json_writer& json_writer::text_or_null(json_name member, std::string_view value) {
  return value.empty() ? null(member) : text(member, value);
}

json_writer& json_writer::number(json_name member, std::int64_t value) {
  name(member);
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
  return *this;
}

json_writer& json_writer::number_or_null(json_name member, std::optional<std::int64_t> value) {
  return value ? number(member, *value) : null(member);
}

json_writer& json_writer::time_or_null(json_name member, std::optional<time_point> value) {
  return value ? text(member, to_rfc3339_seconds(*value)) : null(member);
}

json_writer& json_writer::flag(json_name member, bool value) {
  return json(member, value ? "true" : "false");
}

json_writer& json_writer::null(json_name member) {
  return json(member, "null");
}

json_writer& json_writer::json(json_name member, std::string_view value) {
  name(member);
  out_ += value;
  return *this;
}

json_writer& json_writer::json_as(std::string_view member, std::string_view value) {
  comma();
  append_json_string(out_, member);
  out_ += ':';
  out_ += value;
  return *this;
}

json_writer& json_writer::members(std::string_view json) {
  if (json.empty()) return *this;
  comma();
  out_ += json;
  return *this;
}

json_writer& json_writer::texts(json_name member, const std::vector<std::string>& values) {
  begin_list(member);
  for (const auto& value : values)
    item(value);
  return end_list();
}

json_writer& json_writer::item(std::string_view value) {
  comma();
  append_json_string(out_, value);
  return *this;
}

} // namespace latchkey
