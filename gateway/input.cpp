#include "gateway/input.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::gateway {
namespace {

using nlohmann::json;

/// Takes the top level's texts as they are parsed. Deeper values only have to be JSON.
class field_sink : public nlohmann::json_sax<json> {
public:
  struct found {
    std::string name;
    secret content;
    enum class kind : unsigned char { text, null, other } is;
  };

  explicit field_sink(std::function<bool(found)> take) : take_(std::move(take)) {}

  const std::string& problem() const { return problem_; }

  bool null() override { return leaf(found::kind::null, {}); }
  bool boolean(bool) override { return leaf(found::kind::other, {}); }
  bool number_integer(number_integer_t) override { return leaf(found::kind::other, {}); }
  bool number_unsigned(number_unsigned_t) override { return leaf(found::kind::other, {}); }
  bool number_float(number_float_t, const string_t&) override {
    return leaf(found::kind::other, {});
  }
  bool string(string_t& text) override { return leaf(found::kind::text, std::move(text)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = "is not valid JSON";
    return false;
  }

private:
  bool leaf(typename found::kind is, std::string text) {
    secret content{std::move(text)};
    if (depth_ == 0) return refuse("is not a JSON object");
    return depth_ > 1 || take_({std::move(name_), std::move(content), is});
  }
  bool open(bool object) {
    if (depth_ == 0 && !object) return refuse("is not a JSON object");
    if (depth_ >= json_depth_max) return refuse("is nested too deeply");
    if (depth_ == 1 && !take_({std::move(name_), {}, found::kind::other})) return false;
    ++depth_;
    return true;
  }
  bool refuse(const char* why) {
    problem_ = why;
    return false;
  }

  std::function<bool(found)> take_;
  std::string name_;
  std::string problem_;
  std::size_t depth_ = 0;
};

} // namespace

input input::of(const http::request& in, body_form form) {
  input out;
  if (form == body_form::json_or_empty && in.body.empty()) return out;
  if (http::is_media_type(in.content_type, "application/json")) {
    out.read_json(in.body);
  } else if (form == body_form::json_or_form &&
             http::is_media_type(in.content_type, "application/x-www-form-urlencoded")) {
    out.read_form(in.body);
  } else {
    out.first_ = failure{error_code::unsupported_media_type, "Content-Type",
                         form == body_form::json_or_form
                             ? "must be application/json or application/x-www-form-urlencoded"
                             : "must be application/json",
                         0};
  }
  return out;
}

void input::problem(std::string_view field, std::string reason) {
  if (first_) return;
  // A name that the client made up is repeated only so far.
  first_ = failure{error_code::validation_error, std::string{field.substr(0, field_echo_bytes_max)},
                   std::move(reason), 0};
}

void input::read_json(std::string_view body) {
  field_sink sink{[this](field_sink::found f) {
    value v;
    v.is = f.is == field_sink::found::kind::text   ? value::kind::text
           : f.is == field_sink::found::kind::null ? value::kind::null
                                                   : value::kind::other;
    v.content = std::move(f.content);
    if (fields_.size() >= body_fields_max) return problem("body", "has too many fields"), false;
    auto [place, added] = fields_.emplace(std::move(f.name), std::move(v));
    if (!added) problem(place->first, "is given twice");
    return added;
  }};
  if (!json::sax_parse(body, &sink) && !first_)
    problem("body", sink.problem().empty() ? "is not valid JSON" : sink.problem());
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
    if (!name || !*name) return problem("body", "has a name that is not form-encoded");
    const auto raw_value = pair.size() > raw_name.size() ? pair.substr(raw_name.size() + 1) : "";
    auto text = http::form_value(std::string{"v="} + std::string{raw_value}, "v");
    if (!text || !*text) return problem(**name, "is not form-encoded UTF-8");
    if (fields_.size() >= body_fields_max) return problem("body", "has too many fields");
    value v;
    v.is = value::kind::text;
    v.content = secret{std::move(**text)};
    auto [place, added] = fields_.emplace(std::move(**name), std::move(v));
    if (!added) problem(place->first, "is given twice");
  }
}

input::value* input::ask(std::string_view field) {
  auto found = fields_.find(field);
  if (found == fields_.end()) return nullptr;
  found->second.asked = true;
  return &found->second;
}

bool input::has(std::string_view field) const {
  return fields_.contains(field);
}

void input::ignore(std::string_view field) {
  ask(field);
}

const secret* input::bounded(std::string_view field, value& found, std::size_t min,
                             std::size_t max) {
  if (found.is != value::kind::text) return problem(field, "must be a string"), nullptr;
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
  auto* found = ask(field);
  if (found == nullptr || found->is == value::kind::null) return std::nullopt;
  const auto* content = bounded(field, *found, 0, max);
  if (content == nullptr) return std::nullopt;
  return *content;
}

std::optional<std::string> input::optional_text(std::string_view field, std::size_t max) {
  auto content = optional_hidden(field, max);
  if (!content) return std::nullopt;
  return std::string{content->reveal()};
}

result<void> input::done() {
  for (auto& [name, found] : fields_) {
    if (first_) break;
    if (!found.asked) problem(name, "is not a field of this request");
  }
  if (first_) return tl::unexpected<failure>(*first_);
  return {};
}

} // namespace latchkey::gateway
