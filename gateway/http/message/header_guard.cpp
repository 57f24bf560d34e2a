#include "gateway/http/message/header_guard.hpp"

#include "gateway/http/message/authority.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/http/message/syntax.hpp"

#include <array>
#include <charconv>

namespace latchkey::http {
namespace {

constexpr std::size_t method_bytes_max = 32;
constexpr std::size_t version_bytes = 8;              // "HTTP/1.1"
constexpr std::size_t content_length_digits_max = 18; // always fits 63 bits

/// Headers that decide something and mean nothing when they come twice.
constexpr std::array<std::string_view, 6> singletons{"authorization", "content-type",  "origin",
                                                     "x-api-key",     "x-service-key", "expect"};

} // namespace

progress header_guard::scan(std::string_view input) {
  while (true) {
    auto feed = input.find('\n', scanned_);
    if (feed == std::string_view::npos) {
      scanned_ = input.size();
      return check_partial(input.substr(line_));
    }
    auto line = input.substr(line_, feed - line_);
    if (line.empty() || line.back() != '\r') return refuse(error_code::bad_request);
    line.remove_suffix(1);
    line_ = scanned_ = feed + 1;
    if (!has_request_line_) {
      if (!check_request_line(line)) return progress::refused;
    } else if (line.empty()) {
      if (line_ > limits_->header_bytes_max) return refuse(error_code::headers_too_large);
      return check_framing() ? progress::complete : refuse(error_code::bad_request);
    } else if (!check_field(line)) {
      return progress::refused;
    }
    if (line_ > limits_->header_bytes_max) return refuse(error_code::headers_too_large);
  }
}

/// A line whose end has not come: is it too long already, or clearly no HTTP?
progress header_guard::check_partial(std::string_view line) {
  if (!has_request_line_) {
    auto space = line.find(' ');
    auto verb = line.substr(0, space);
    if (!all_of_class(verb, token_char) || verb.size() > method_bytes_max)
      return refuse(error_code::bad_request);
    if (space != std::string_view::npos &&
        line.size() - space > limits_->target_bytes_max + version_bytes + 3)
      return refuse(error_code::uri_too_long);
  }
  if (line_ + line.size() >= limits_->header_bytes_max)
    return refuse(error_code::headers_too_large);
  return progress::need_more;
}

bool header_guard::check_request_line(std::string_view line) {
  has_request_line_ = true;
  refusal_ = error_code::bad_request;
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || first == last || first > method_bytes_max)
    return false;
  auto verb = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  if (!all_of_class(verb, token_char)) return false;
  if (target.size() > limits_->target_bytes_max) {
    refusal_ = error_code::uri_too_long;
    return false;
  }
  if (target.empty() || !all_of_class(target, target_char)) return false;
  is_http_1_1_ = version == "HTTP/1.1";
  return is_http_1_1_ || version == "HTTP/1.0";
}

bool header_guard::check_field(std::string_view line) {
  refusal_ = error_code::bad_request;
  auto [name, value] = parse_field_line(line);
  if (name.empty()) return false; // obs-fold too: white space is no token
  if (++fields_ > limits_->header_count_max) {
    refusal_ = error_code::headers_too_large;
    return false;
  }
  switch (name.size()) {
  case 4:
    if (equal_ignoring_case(name, "host"))
      return ++hosts_ == 1 && (value.empty() || is_authority(value));
    break;
  case 14:
    if (equal_ignoring_case(name, "content-length")) return check_content_length(value);
    break;
  case 17:
    if (equal_ignoring_case(name, "transfer-encoding"))
      return ++transfer_encodings_ == 1 && is_http_1_1_ && equal_ignoring_case(value, "chunked");
    break;
  default:
    break;
  }
  for (std::size_t i = 0; i < singletons.size(); ++i) {
    if (name.size() != singletons[i].size() || !equal_ignoring_case(name, singletons[i])) continue;
    auto bit = static_cast<std::uint8_t>(1U << i);
    if ((singletons_ & bit) != 0) return false;
    singletons_ = static_cast<std::uint8_t>(singletons_ | bit);
  }
  return true;
}

bool header_guard::check_content_length(std::string_view value) {
  if (++content_lengths_ != 1) return false; // even when they agree
  if (value.empty() || value.size() > content_length_digits_max) return false;
  auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), content_length_, 10);
  // from_chars takes no sign for unsigned types but "-"; the end tells of anything else.
  return error == std::errc{} && end == value.data() + value.size() && value.front() != '-';
}

bool header_guard::check_framing() const noexcept {
  if (transfer_encodings_ != 0 && content_lengths_ != 0) return false;
  return hosts_ == 1 || !is_http_1_1_;
}

} // namespace latchkey::http
