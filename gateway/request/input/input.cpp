#include "gateway/request/input/input.hpp"

#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::gateway {

using kind = input_value::kind;

namespace {

/// The digits of a JSON number (RFC 8259, 6) with a fraction or an exponent whose value is an
/// integer of at most 18 digits; nothing for another.
std::optional<std::string> integer_digits(std::string_view number) {
  constexpr std::size_t digits_max = 18;
  constexpr int exponent_max = 1000;
  const auto e = number.find_first_of("eE");
  int exponent = 0;
  if (e != std::string_view::npos) {
    auto text = number.substr(e + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    if (exponent > exponent_max || exponent < -exponent_max) return std::nullopt;
  }
  std::string digits;
  int decimals = 0; // behind the point
  bool is_behind = false;
  for (const char c : number.substr(0, e)) {
    if (c == '.') {
      is_behind = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt; // a sign: no id
    digits += c;
    decimals += is_behind ? 1 : 0;
  }
  auto shift = exponent - decimals;
  for (; shift < 0 && digits.size() > 1 && digits.back() == '0'; ++shift)
    digits.pop_back();
  if (shift < 0) return std::nullopt;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits != "0") digits.append(static_cast<std::size_t>(shift), '0');
  if (digits.size() > digits_max) return std::nullopt;
  return digits;
}

} // namespace

input input::of(const http::request& in, body_form form) {
  input out;
  if (form == body_form::json_or_empty && in.body.empty()) return out;
  const bool takes_form = form == body_form::json_or_form || form == body_form::form;
  if (form != body_form::form && http::is_media_type(in.content_type, "application/json")) {
    out.read_json(in.body);
  } else if (takes_form &&
             http::is_media_type(in.content_type, "application/x-www-form-urlencoded")) {
    out.read_form(in.body);
  } else {
    out.first_ =
        failure{error_code::unsupported_media_type, "Content-Type",
                form == body_form::form ? "must be application/x-www-form-urlencoded"
                : takes_form ? "must be application/json or application/x-www-form-urlencoded"
                             : "must be application/json",
                0};
  }
  return out;
}

input input::of_object(std::string_view json) {
  input out;
  out.read_json(json);
  return out;
}

input input::of_query(const http::request& in) {
  input out;
  out.is_query_ = true;
  out.read_form(in.query);
  return out;
}

void input::problem(std::string_view field, std::string reason) {
  if (first_) return;
  // A name that the client made up is repeated only so far.
  first_ = failure{error_code::validation_error, std::string{field.substr(0, field_echo_bytes_max)},
                   std::move(reason), 0};
}

void input::add(std::string name, input_value found) {
  if (fields_.size() >= body_fields_max)
    return problem(is_query_ ? "query" : "body", "has too many fields");
  auto [found_field, added] = fields_.emplace(std::move(name), std::move(found));
  if (!added) problem(found_field->first, "is given twice");
}

void input::read_json(std::string_view sent) {
  if (const auto encoding = other_unicode_encoding(sent); !encoding.empty())
    return problem("body", "is in " + std::string{encoding} + "; send JSON as UTF-8");
  const auto body = without_byte_order_mark(sent); // RFC 8259, 8.1 lets us pass over it
  auto wrong = read_json_fields(body, [this](std::string name, input_value found) {
    add(std::move(name), std::move(found));
    return !first_;
  });
  if (!wrong.empty()) problem("body", std::move(wrong));
}

void input::read_form(std::string_view body) {
  for (std::size_t at = 0; at < body.size() && !first_;) {
    const auto end = std::min(body.find('&', at), body.size());
    const auto pair = body.substr(at, end - at);
    at = end + 1;
    if (pair.empty()) continue;
    const auto raw_name = pair.substr(0, pair.find('='));
    // Names are decoded by asking for the value of a pair that stands alone.
    auto name = http::form_value(std::string{"n="} + std::string{raw_name}, "n");
    if (!name || !*name)
      return problem(is_query_ ? "query" : "body", "has a name that is not form-encoded");
    const auto raw_value = pair.size() > raw_name.size() ? pair.substr(raw_name.size() + 1) : "";
    auto text = http::form_value(std::string{"v="} + std::string{raw_value}, "v");
    if (!text || !*text) return problem(**name, "is not form-encoded UTF-8");
    input_value found;
    found.is = kind::text;
    found.content = secret{std::move(**text)};
    add(std::move(**name), std::move(found));
  }
}

input_value* input::ask(std::string_view field) {
  auto found = fields_.find(field);
  if (found == fields_.end()) return nullptr;
  found->second.asked = true;
  return &found->second;
}

input_value* input::present(std::string_view field) {
  auto* found = ask(field);
  return found == nullptr || found->is == kind::null ? nullptr : found;
}

bool input::has(std::string_view field) const {
  return fields_.contains(field);
}

bool input::is_list(std::string_view field) const {
  const auto found = fields_.find(field);
  return found != fields_.end() && found->second.is == kind::list;
}

std::vector<std::string> input::others() const {
  std::vector<std::string> out;
  for (const auto& [name, found] : fields_)
    if (!found.asked) out.push_back(name);
  return out;
}

void input::ignore(std::string_view field) {
  ask(field);
}

void input::ignore_others() {
  for (auto& [name, found] : fields_)
    found.asked = true;
}

const secret* input::bounded(std::string_view field, input_value& found, std::size_t min,
                             std::size_t max) {
  if (found.is != kind::text) return problem(field, "must be a string"), nullptr;
  const auto size = found.content.reveal().size();
  if (size < min)
    return problem(field, size == 0 ? "must not be empty"
                                    : "must have at least " + std::to_string(min) + " bytes"),
           nullptr;
  if (size > max)
    return problem(field, "must have at most " + std::to_string(max) + " bytes"), nullptr;
  return &found.content;
}

secret input::hidden(std::string_view field, std::size_t min, std::size_t max) {
  auto* found = ask(field);
  if (found == nullptr) return problem(field, "is required"), secret{};
  const auto* content = bounded(field, *found, min, max);
  return content == nullptr ? secret{} : *content;
}

std::string input::text(std::string_view field, std::size_t min, std::size_t max) {
  return std::string{hidden(field, min, max).reveal()};
}

std::optional<secret> input::optional_hidden(std::string_view field, std::size_t max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  const auto* content = bounded(field, *found, 0, max);
  if (content == nullptr) return std::nullopt;
  return *content;
}

std::optional<std::string> input::optional_text(std::string_view field, std::size_t max) {
  auto content = optional_hidden(field, max);
  if (!content) return std::nullopt;
  return std::string{content->reveal()};
}

std::optional<std::string> input::optional_number(std::string_view field, std::size_t chars_max) {
  auto* found = present(field);
  if (found == nullptr || (found->is != kind::integer && found->is != kind::real))
    return std::nullopt;
  if (found->content.reveal().size() <= chars_max) return std::string{found->content.reveal()};
  problem(field, "must have at most " + std::to_string(chars_max) + " digits");
  return std::nullopt;
}

/// A null where something is required has the wrong type, like any other value.
template <class T>
T input::required(std::string_view field, std::optional<T> found) {
  if (!has(field))
    problem(field, "is required");
  else if (!found)
    problem(field, "must not be null");
  return found ? std::move(*found) : T{};
}

std::optional<bool> input::optional_flag(std::string_view field) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  const auto content = found->content.reveal();
  const bool is_flag = found->is == (is_query_ ? kind::text : kind::flag);
  if (is_flag && content == "true") return true;
  if (is_flag && content == "false") return false;
  problem(field, "must be true or false");
  return std::nullopt;
}

bool input::flag(std::string_view field) {
  return required(field, optional_flag(field));
}

std::optional<std::int64_t> input::optional_integer(std::string_view field, std::int64_t min,
                                                    std::int64_t max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  const auto content = found->content.reveal();
  std::int64_t number = 0;
  const auto* end = content.data() + content.size();
  const auto read = std::from_chars(content.data(), end, number);
  const bool is_integer = found->is == (is_query_ ? kind::text : kind::integer);
  const bool fits = read.ec == std::errc{} && read.ptr == end && number >= min && number <= max;
  if (is_integer && fits) return number;
  problem(field, "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<time_point> input::optional_time(std::string_view field) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  if (found->is == kind::text)
    if (auto time = parse_time(found->content.reveal()); time && *time >= time_point{}) return time;
  problem(field, "must be a time such as 2026-01-02T03:04:05Z");
  return std::nullopt;
}

std::optional<std::vector<std::string>>
input::optional_texts(std::string_view field, std::size_t count_max, std::size_t bytes_max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  if (found->is != kind::list || !found->is_sound) {
    problem(field, "must be a list of strings");
    return std::nullopt;
  }
  if (found->items.size() > count_max)
    problem(field, "must have at most " + std::to_string(count_max) + " items");
  for (const auto& item : found->items)
    if (item.empty() || item.size() > bytes_max)
      problem(field, "must have items of 1 to " + std::to_string(bytes_max) + " bytes");
  if (first_) return std::nullopt;
  return found->items;
}

std::vector<std::string> input::texts(std::string_view field, std::size_t count_max,
                                      std::size_t bytes_max) {
  return required(field, optional_texts(field, count_max, bytes_max));
}

std::optional<std::vector<std::string>> input::optional_objects(std::string_view field,
                                                                std::size_t count_max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  auto objects = found->is == kind::list ? json_objects(found->json) : std::nullopt;
  if (!objects) {
    problem(field, "must be a list of objects");
    return std::nullopt;
  }
  if (objects->size() > count_max) {
    problem(field, "must have at most " + std::to_string(count_max) + " items");
    return std::nullopt;
  }
  return objects;
}

std::optional<std::string> input::object_text(std::string_view field, std::size_t bytes_max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  if (found->is != kind::object)
    problem(field, "must be an object");
  else if (!found->is_sound)
    problem(field, "has a name twice");
  else if (found->json.size() > bytes_max)
    problem(field, "must have at most " + std::to_string(bytes_max) + " bytes");
  else
    return found->json;
  return std::nullopt;
}

std::optional<std::string> input::optional_id_text(std::string_view field) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  if (found->is == kind::real)
    if (auto digits = integer_digits(found->content.reveal())) return digits;
  const bool names = found->is == kind::text || found->is == kind::integer;
  const auto size = found->content.reveal().size();
  if (names && size > 0 && size <= id_text_bytes_max) return std::string{found->content.reveal()};
  problem(field, "must be a number or a UUID");
  return std::nullopt;
}

std::string input::id_text(std::string_view field) {
  return required(field, optional_id_text(field));
}

std::optional<std::int64_t> input::optional_id_number(std::string_view field, std::int64_t min,
                                                      std::int64_t max) {
  auto* found = present(field);
  if (found == nullptr) return std::nullopt;
  std::string digits{found->content.reveal()};
  if (found->is == kind::real) digits = integer_digits(digits).value_or(std::string{});
  std::int64_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  const bool fits = read.ec == std::errc{} && read.ptr == end && number >= min && number <= max;
  if (fits) return number;
  problem(field, "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

void input::needs_text_or_number(std::string_view field) {
  const auto* found = present(field);
  if (found != nullptr && found->is != kind::text && found->is != kind::integer &&
      found->is != kind::real)
    problem(field, "must be a string or a number");
}

result<void> input::done() {
  for (auto& [name, found] : fields_) {
    if (first_) break;
    if (!found.asked)
      problem(name,
              is_query_ ? "is not a parameter of this request" : "is not a field of this request");
  }
  if (first_) return fail(*first_);
  return {};
}

} // namespace latchkey::gateway
