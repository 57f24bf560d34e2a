#include "gateway/http/message/response.hpp"

#include "gateway/http/message/syntax.hpp"
#include "protocol/text/json_writer.hpp"

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

namespace latchkey::http {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_two_digits(std::string& out, unsigned value) {
  out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

/// 1xx, 204 and 304 end with their headers (RFC 9112, section 6.3).
bool has_no_body(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

/// The line or lines that say how long the body is.
void append_length(const response& answer, const answer_context& context, std::string& out) {
  if (has_no_body(answer.status)) return;
  const auto size = answer.source ? answer.source->size() : answer.body.size();
  if (size) {
    out.append("\r\nContent-Length: ");
    append_number(out, *size);
  } else if (framing_of(answer, context) == body_framing::chunked) {
    out.append("\r\nTransfer-Encoding: chunked");
  }
}

/// 101 and 426 speak of another protocol (RFC 9110, section 7.8).
void append_connection(const response& answer, const answer_context& context, std::string& out) {
  constexpr unsigned switching = 101, upgrade_required = 426;
  if (answer.status == switching)
    out.append("Connection: Upgrade\r\n");
  else if (answer.status == upgrade_required)
    out.append(context.keep_alive ? "Connection: Upgrade\r\n" : "Connection: Upgrade, close\r\n");
  else if (!context.keep_alive)
    out.append("Connection: close\r\n");
  else if (!context.is_http_1_1)
    out.append("Connection: keep-alive\r\n");
}

/// The status line and what stands in every answer, for the statuses that matter.
std::string_view status_line(unsigned status) {
  switch (status) {
  case 200:
    return "HTTP/1.1 200 OK\r\n";
  case 201:
    return "HTTP/1.1 201 Created\r\n";
  case 204:
    return "HTTP/1.1 204 No Content\r\n";
  case 400:
    return "HTTP/1.1 400 Bad Request\r\n";
  case 401:
    return "HTTP/1.1 401 Unauthorized\r\n";
  case 403:
    return "HTTP/1.1 403 Forbidden\r\n";
  case 404:
    return "HTTP/1.1 404 Not Found\r\n";
  case 429:
    return "HTTP/1.1 429 Too Many Requests\r\n";
  case 503:
    return "HTTP/1.1 503 Service Unavailable\r\n";
  default:
    return {};
  }
}

} // namespace

std::string_view reason_phrase(unsigned status) noexcept {
  namespace beast = boost::beast::http;
  // RFC 9110 has new names for these.
  if (status == 413) return "Content Too Large";
  if (status == 422) return "Unprocessable Content";
  const auto known = beast::int_to_status(status);
  if (known == beast::status::unknown) return status < 400 ? "OK" : "Error";
  const auto phrase = beast::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

response& response::add(std::string_view name, std::string_view value) {
  auto append_filtered = [this](std::string_view text, std::uint8_t char_class) {
    if (all_of_class(text, char_class)) {
      lines_.append(text);
      return;
    }
    for (char c : text)
      if ((char_classes[static_cast<unsigned char>(c)] & char_class) != 0) lines_.push_back(c);
  };
  append_filtered(name, token_char);
  lines_.append(": ");
  append_filtered(value, value_char);
  lines_.append("\r\n");
  return *this;
}

response& response::add(std::string_view name, std::uint64_t value) {
  std::string digits;
  append_number(digits, value);
  return add(name, digits);
}

bool response::has(std::string_view name) const noexcept {
  std::string_view rest = lines_;
  while (!rest.empty()) {
    if (rest.starts_with(name) && rest.substr(name.size()).starts_with(": ")) return true;
    rest.remove_prefix(rest.find('\n') + 1);
  }
  return false;
}

response json_response(unsigned status, std::string body) {
  response answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

response message_response(std::string_view message) {
  std::string body;
  json_writer{body}.begin_object().text("message", message).end_object();
  return json_response(200, std::move(body));
}

response empty_response() {
  response answer;
  answer.status = 204;
  answer.content_type = {};
  return answer;
}

std::string_view date_cache::now() {
  using namespace std::chrono;
  auto seconds = floor<std::chrono::seconds>(clock_->now());
  if (seconds.time_since_epoch().count() == second_) return text_;
  second_ = seconds.time_since_epoch().count();
  auto days = floor<std::chrono::days>(seconds);
  year_month_day date{days};
  hh_mm_ss time{seconds - days};
  constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  text_.clear();
  text_.append(weekdays.substr(std::size_t{weekday{days}.c_encoding()} * 3, 3)).append(", ");
  append_two_digits(text_, static_cast<unsigned>(date.day()));
  text_.append(" ").append(
      months.substr((std::size_t{static_cast<unsigned>(date.month())} - 1) * 3, 3));
  text_.append(" ");
  append_number(text_, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  text_.append(" ");
  append_two_digits(text_, static_cast<unsigned>(time.hours().count()));
  text_.append(":");
  append_two_digits(text_, static_cast<unsigned>(time.minutes().count()));
  text_.append(":");
  append_two_digits(text_, static_cast<unsigned>(time.seconds().count()));
  text_.append(" GMT");
  return text_;
}

body_framing framing_of(const response& answer, const answer_context& context) noexcept {
  if (!answer.source || context.is_head || has_no_body(answer.status)) return body_framing::text;
  if (answer.source->size()) return body_framing::counted;
  return context.is_http_1_1 ? body_framing::chunked : body_framing::until_close;
}

void serialize(const response& answer, const answer_context& context, date_cache& date,
               std::string& out) {
  constexpr std::size_t headers_bytes_guess = 320;
  auto needed =
      out.size() + headers_bytes_guess + answer.header_lines().size() + answer.body.size();
  // Exact growth would copy a pipeline's output again and again.
  if (out.capacity() < needed) out.reserve(out.empty() ? needed : needed + out.size());
  if (auto line = status_line(answer.status); !line.empty()) {
    out.append(line);
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, answer.status);
    out.append(" ").append(reason_phrase(answer.status)).append("\r\n");
  }
  out.append("Date: ").append(date.now());
  if (!answer.content_type.empty()) out.append("\r\nContent-Type: ").append(answer.content_type);
  append_length(answer, context, out);
  out.append("\r\nX-Request-ID: ").append(context.request_id);
  out.append("\r\nX-Content-Type-Options: nosniff\r\n");
  if (answer.header_lines().empty() || !answer.has("Cache-Control"))
    out.append("Cache-Control: no-store\r\n");
  if (context.is_tls) out.append("Strict-Transport-Security: max-age=31536000\r\n");
  out.append(answer.header_lines());
  append_connection(answer, context, out);
  out.append("\r\n");
  const bool has_text = !answer.source && !context.is_head && !has_no_body(answer.status);
  if (has_text) out.append(answer.body);
}

} // namespace latchkey::http
