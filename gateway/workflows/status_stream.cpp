#include "gateway/workflows/status_stream.hpp"

#include "gateway/http/message/request.hpp"

#include <utility>

namespace latchkey::gateway {

std::optional<status_stream::format>
status_stream::format_of(std::string_view content_type) noexcept {
  if (http::is_media_type(content_type, "application/x-ndjson")) return format::lines;
  if (http::is_media_type(content_type, "text/event-stream")) return format::events;
  return std::nullopt;
}

void status_stream::add(std::string_view bytes) {
  input_.erase(0, at_);
  seen_ -= at_;
  at_ = 0;
  input_.append(bytes);
}

/// Up to LF, CRLF or, of events, CR. A CR at the end may be half of a CRLF: it waits.
std::optional<std::string_view> status_stream::take_line() {
  const auto* breaks = format_ == format::events ? "\r\n" : "\n";
  const auto end = input_.find_first_of(breaks, seen_);
  if (end == std::string::npos || (input_[end] == '\r' && end + 1 == input_.size())) {
    seen_ = end == std::string::npos ? input_.size() : end;
    is_too_long_ = is_too_long_ || seen_ - at_ > bytes_max;
    return std::nullopt;
  }
  std::string_view line{input_.data() + at_, end - at_};
  at_ = seen_ = end + (input_.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (std::exchange(is_first_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  is_too_long_ = is_too_long_ || line.size() > bytes_max;
  return line;
}

/// Whether the line ends an event that has data.
bool status_stream::take_field(std::string_view line) {
  if (line.empty()) return has_data_;
  const auto colon = line.find(':');
  if (line.substr(0, colon) != "data") return false;
  auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_.append(value);
  is_too_long_ = is_too_long_ || data_.size() > bytes_max;
  return false;
}

std::optional<std::string> status_stream::next() {
  while (!is_too_long_) {
    const auto line = take_line();
    if (!line || is_too_long_) return std::nullopt;
    if (format_ == format::lines) {
      if (line->find_first_not_of(" \t") != line->npos) return std::string{*line};
    } else if (take_field(*line)) {
      has_data_ = false;
      if (!data_.empty()) return std::exchange(data_, {});
    }
  }
  return std::nullopt;
}

std::optional<std::string> status_stream::rest() {
  std::string last{input_, at_};
  if (format_ != format::lines || last.size() > bytes_max ||
      last.find_first_not_of(" \t\r") == last.npos)
    return std::nullopt;
  return last;
}

} // namespace latchkey::gateway
