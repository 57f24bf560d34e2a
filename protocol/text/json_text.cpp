#include "protocol/text/json_text.hpp"

#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace latchkey {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Reads a text once; `out_` is the text so far, without white space.
class json_scanner {
public:
  json_scanner(std::string_view text, std::size_t depth_max, doubled_names doubled)
      : rest_(text), depth_max_(depth_max), doubled_(doubled) {}

  tl::expected<std::vector<json_member>, const char*> read() {
    skip_space();
    if (!next_is('{')) {
      // Text that is not JSON at all gets another reason than a JSON list.
      const bool is_json = value(0) && at_end();
      return tl::unexpected(is_json ? "is not a JSON object" : problem_);
    }
    std::vector<json_member> members;
    if (!object(0, &members) || !at_end()) return tl::unexpected(problem_);
    return members;
  }

private:
  bool next_is(char c) const noexcept { return !rest_.empty() && rest_.front() == c; }
  void skip_space() noexcept {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }
  /// Takes the character if it is the next one.
  bool take(char c) {
    if (!next_is(c)) return false;
    out_ += c;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() noexcept {
    skip_space();
    return rest_.empty();
  }
  bool too_deep() noexcept {
    problem_ = "is nested too deeply";
    return false;
  }

  bool value(std::size_t depth) {
    skip_space();
    if (next_is('{')) return object(depth, nullptr);
    if (next_is('[')) return list(depth);
    if (next_is('"')) return string();
    for (const std::string_view word : {"true", "false", "null"})
      if (rest_.starts_with(word)) return copy(word.size());
    return number();
  }

  bool object(std::size_t depth, std::vector<json_member>* members) {
    if (depth >= depth_max_) return too_deep();
    take('{');
    std::set<std::string> names;
    skip_space();
    if (take('}')) return true;
    while (true) {
      skip_space();
      const auto name_at = out_.size();
      if (!next_is('"') || !string()) return false;
      auto name = json_string_content(std::string_view{out_}.substr(name_at));
      if (!names.insert(name).second && !pass_over_doubled_name()) return false;
      skip_space();
      if (!take(':')) return false;
      const auto value_at = out_.size();
      if (members != nullptr) has_doubled_name_ = false;
      if (!value(depth + 1)) return false;
      if (members != nullptr)
        members->push_back({std::move(name), out_.substr(value_at), has_doubled_name_});
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return false;
    }
  }

  bool pass_over_doubled_name() noexcept {
    has_doubled_name_ = true;
    problem_ = doubled_ == doubled_names::refused ? "has a name twice" : problem_;
    return doubled_ == doubled_names::reported;
  }

  bool list(std::size_t depth) {
    if (depth >= depth_max_) return too_deep();
    take('[');
    skip_space();
    if (take(']')) return true;
    while (true) {
      if (!value(depth + 1)) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return false;
    }
  }

  bool copy(std::size_t count) {
    out_.append(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return true;
  }

  std::size_t digits_at(std::size_t at) const noexcept {
    const auto from = at;
    while (at < rest_.size() && is_digit(rest_[at]))
      ++at;
    return at - from;
  }
  char char_at(std::size_t at) const noexcept { return at < rest_.size() ? rest_[at] : '\0'; }

  bool number() {
    std::size_t at = char_at(0) == '-' ? 1 : 0;
    const auto whole = digits_at(at);
    if (whole == 0 || (whole > 1 && rest_[at] == '0')) return false;
    at += whole;
    if (char_at(at) == '.') {
      const auto part = digits_at(at + 1);
      if (part == 0) return false;
      at += 1 + part;
    }
    if (char_at(at) == 'e' || char_at(at) == 'E') {
      at += char_at(at + 1) == '+' || char_at(at + 1) == '-' ? 2 : 1;
      const auto power = digits_at(at);
      if (power == 0) return false;
      at += power;
    }
    return copy(at);
  }

  /// Copied as it is written: escapes are kept.
  bool string() {
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != '"') {
      if (static_cast<unsigned char>(rest_[at]) < 0x20) return false;
      const auto size = rest_[at] == '\\' ? escape_size(at) : 1;
      if (size == 0) return false;
      at += size;
    }
    return at < rest_.size() && copy(at + 1);
  }

  /// The size of the escape; 0 for an invalid one. A surrogate includes its other half.
  std::size_t escape_size(std::size_t at) const noexcept {
    constexpr std::string_view simple = "\"\\/bfnrt";
    const auto kind = char_at(at + 1);
    if (kind != 'u') return kind != '\0' && simple.find(kind) != simple.npos ? 2 : 0;
    const auto unit = unit_at(at);
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return 0;
    if (unit < 0xd800 || unit > 0xdbff) return 6;
    const auto low = char_at(at + 6) == '\\' && char_at(at + 7) == 'u' ? unit_at(at + 6) : -1;
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
  }
  int unit_at(std::size_t at) const noexcept {
    if (at + 6 > rest_.size()) return -1;
    const int high = hex_byte(rest_.substr(at + 2, 2));
    const int low = hex_byte(rest_.substr(at + 4, 2));
    return high < 0 || low < 0 ? -1 : high << 8 | low;
  }

  std::string_view rest_;
  std::string out_;
  std::size_t depth_max_;
  doubled_names doubled_;
  bool has_doubled_name_ = false; // in the outermost object's member that is being read
  const char* problem_ = "is not valid JSON";
};

} // namespace

tl::expected<std::vector<json_member>, const char*>
json_members(std::string_view text, std::size_t depth_max, doubled_names doubled) {
  if (!is_valid_utf8(text)) return tl::unexpected<const char*>("is not valid JSON");
  return json_scanner{text, depth_max, doubled}.read();
}

std::string json_string_content(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return {};
  if (value.find('\\') == std::string_view::npos)
    return std::string{value.substr(1, value.size() - 2)};
  const auto parsed = nlohmann::json::parse(value, nullptr, /*allow_exceptions*/ false);
  return parsed.is_string() ? parsed.get<std::string>() : std::string{};
}

std::string_view leading_json_string(std::string_view value) noexcept {
  if (!value.starts_with('"')) return {};
  std::size_t at = 1;
  while (at < value.size() && value[at] != '"')
    at += value[at] == '\\' ? 2 : 1;
  return value.substr(0, at + 1);
}

bool is_same_json(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto parsed = nlohmann::json::parse(a, nullptr, /*allow_exceptions*/ false);
  return !parsed.is_discarded() &&
         parsed == nlohmann::json::parse(b, nullptr, /*allow_exceptions*/ false);
}

bool is_json_number(std::string_view value) noexcept {
  return !value.empty() && (value.front() == '-' || is_digit(value.front()));
}

} // namespace latchkey
