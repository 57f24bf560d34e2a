#include "gateway/input_reader.hpp"

#include "gateway/input.hpp"
#include "protocol/text_codec.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace latchkey::gateway {
namespace {

using nlohmann::json;
using kind = input_value::kind;

/// Keeps the top level's values; of a deeper one its text, written anew.
class field_sink : public nlohmann::json_sax<json> {
public:
  using taker = std::function<bool(std::string, input_value)>;

  explicit field_sink(const taker& take) : take_(take) {}

  const std::string& problem() const { return problem_; }

  bool null() override { return leaf(kind::null, "null"); }
  bool boolean(bool b) override { return leaf(kind::flag, b ? "true" : "false"); }
  bool number_integer(number_integer_t n) override {
    // Signed ones are those with a minus.
    return leaf(kind::integer, n == 0 ? "-0" : std::to_string(n));
  }
  bool number_unsigned(number_unsigned_t n) override {
    return leaf(kind::integer, std::to_string(n));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return leaf(kind::real, text);
  }
  bool string(string_t& text) override {
    if (depth_ < 2) return leaf(kind::text, std::move(text));
    before_value();
    append_json_string(value_.json, text);
    if (depth_ == 2 && value_.is == kind::list) value_.items.push_back(std::move(text));
    return true;
  }
  bool binary(binary_t&) override { return false; }

  bool key(string_t& name) override {
    if (depth_ == 1) {
      name_ = std::move(name);
      return true;
    }
    if (!names_.back().insert(name).second) value_.is_sound = false;
    before_value();
    append_json_string(value_.json, name);
    value_.json += ':';
    follows_ = false;
    return true;
  }

  bool start_object(std::size_t) override { return open(kind::object, '{'); }
  bool start_array(std::size_t) override { return open(kind::list, '['); }
  bool end_object() override { return close('}'); }
  bool end_array() override { return close(']'); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = "is not valid JSON";
    return false;
  }

private:
  bool leaf(kind is, std::string text) {
    if (depth_ == 0) return refuse("is not a JSON object");
    if (depth_ == 1) {
      input_value found;
      found.is = is;
      found.content = secret{std::move(text)};
      return take_(std::move(name_), std::move(found));
    }
    before_value();
    value_.json += text;
    if (depth_ == 2 && value_.is == kind::list) value_.is_sound = false;
    return true;
  }

  bool open(kind is, char bracket) {
    if (depth_ == 0 && is != kind::object) return refuse("is not a JSON object");
    if (depth_ >= json_depth_max) return refuse("is nested too deeply");
    if (depth_ == 1) {
      value_ = {};
      value_.is = is;
      follows_ = false;
    } else if (depth_ == 2 && value_.is == kind::list) {
      value_.is_sound = false;
    }
    if (depth_ > 0) {
      before_value();
      value_.json += bracket;
      names_.emplace_back();
      follows_ = false;
    }
    ++depth_;
    return true;
  }

  bool close(char bracket) {
    --depth_;
    if (depth_ == 0) return true;
    value_.json += bracket;
    names_.pop_back();
    follows_ = true;
    return depth_ > 1 || take_(std::move(name_), std::exchange(value_, {}));
  }

  /// The comma between two values, or between a value and the next name.
  void before_value() {
    if (follows_) value_.json += ',';
    follows_ = true;
  }

  bool refuse(const char* why) {
    problem_ = why;
    return false;
  }

  const taker& take_;
  std::string name_;
  std::string problem_;
  std::size_t depth_ = 0;
  input_value value_;                        // of the top level, being read
  std::vector<std::set<std::string>> names_; // of the objects that are open in it
  bool follows_ = false;                     // a value stands before the next one
};

} // namespace

std::string read_json_fields(std::string_view text, const field_sink::taker& take) {
  field_sink sink{take};
  if (json::sax_parse(text, &sink)) return {};
  return sink.problem();
}

} // namespace latchkey::gateway
