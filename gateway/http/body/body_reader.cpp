#include "gateway/http/body/body_reader.hpp"

#include "gateway/http/message/syntax.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>

namespace latchkey::http {
namespace {

constexpr std::size_t chunk_size_digits_max = 15; // cannot overflow 64 bits

} // namespace

progress body_reader::begin(bool is_chunked, std::uint64_t content_length,
                            std::size_t bytes_max) noexcept {
  *this = body_reader(*limits_);
  bytes_max_ = bytes_max;
  if (is_chunked) {
    stage_ = stage::chunk_line;
    return progress::need_more;
  }
  if (content_length > bytes_max) return refuse(error_code::payload_too_large);
  remaining_ = content_length;
  stage_ = content_length == 0 ? stage::done : stage::counted;
  return content_length == 0 ? progress::complete : progress::need_more;
}

progress body_reader::read(std::string_view input, std::string& body, std::size_t& consumed) {
  consumed = 0;
  while (stage_ != stage::done) {
    auto rest = input.substr(consumed);
    if (rest.empty()) return progress::need_more;
    switch (stage_) {
    case stage::counted:
      consumed += copy(rest, body);
      if (remaining_ == 0) stage_ = stage::done;
      break;
    case stage::chunk_data:
      consumed += copy(rest, body);
      if (remaining_ == 0) stage_ = stage::chunk_end;
      break;
    case stage::chunk_end:
      if (auto step = read_chunk_end(rest, consumed); step != progress::complete) return step;
      break;
    default:
      if (auto step = read_line(rest, consumed); step != progress::complete) return step;
      break;
    }
  }
  return progress::complete;
}

std::size_t body_reader::copy(std::string_view input, std::string& body) {
  auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  body.append(input.data(), count);
  remaining_ -= count;
  return count;
}

progress body_reader::read_chunk_end(std::string_view input, std::size_t& consumed) noexcept {
  if (input[0] != '\r') return refuse(error_code::bad_request);
  if (input.size() < 2) return progress::need_more;
  if (input[1] != '\n') return refuse(error_code::bad_request);
  consumed += 2;
  stage_ = stage::chunk_line;
  return progress::complete;
}

progress body_reader::read_line(std::string_view input, std::size_t& consumed) {
  auto in_trailers = stage_ == stage::trailers;
  auto line_max = in_trailers ? limits_->trailer_bytes_max : limits_->chunk_line_bytes_max;
  auto window = input.substr(0, line_max);
  auto feed = window.find('\n');
  if (feed == std::string_view::npos)
    return window.size() == line_max ? refuse(error_code::bad_request) : progress::need_more;
  if (feed == 0 || window[feed - 1] != '\r') return refuse(error_code::bad_request);
  auto line = window.substr(0, feed - 1);
  if (!(in_trailers ? on_trailer(line) : on_chunk_line(line))) return progress::refused;
  consumed += feed + 1;
  return progress::complete;
}

bool body_reader::on_chunk_line(std::string_view line) {
  refusal_ = error_code::bad_request;
  std::size_t digits = 0;
  std::uint64_t size = 0;
  for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits)
    size = size * 16 + static_cast<std::uint64_t>(hex_digit(line[digits]));
  if (digits == 0 || digits > chunk_size_digits_max) return false;
  auto extension = line.substr(digits);
  if (!extension.empty() && (extension.front() != ';' || !all_of_class(extension, value_char)))
    return false;
  extension_bytes_ += extension.size();
  if (extension_bytes_ > limits_->chunk_extension_bytes_max) return false;
  if (size == 0) {
    stage_ = stage::trailers;
    return true;
  }
  if (size > bytes_max_ - body_bytes_) {
    refusal_ = error_code::payload_too_large;
    return false;
  }
  body_bytes_ += static_cast<std::size_t>(size);
  remaining_ = size;
  stage_ = stage::chunk_data;
  return true;
}

bool body_reader::on_trailer(std::string_view line) {
  refusal_ = error_code::bad_request;
  if (line.empty()) {
    stage_ = stage::done;
    return true;
  }
  trailer_bytes_ += line.size() + 2;
  return trailer_bytes_ <= limits_->trailer_bytes_max && !parse_field_line(line).name.empty();
}

} // namespace latchkey::http
