#include "actors/mail/message.hpp"

#include "protocol/text/login_name.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace latchkey {
namespace {

constexpr std::size_t encoded_line_chars_max = 76; // RFC 2045, 6.7
constexpr std::size_t encoded_word_chars_max = 75; // RFC 2047, 2
constexpr std::string_view word_start = "=?UTF-8?Q?";
constexpr std::string_view word_end = "?=";

bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

void append_octet(std::string& out, char octet) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(octet);
  out += '=';
  out += digits[value >> 4U];
  out += digits[value & 0xFU];
}

/// "Sat, 03 Jan 2026 03:04:05 +0000" (RFC 5322, 3.3), in no locale's words.
std::string mail_date(time_point at) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at - day)};
  std::array<char, 64> out{};
  const auto size = std::snprintf(
      out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
      days[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
      months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

/// As it is when it is short printable ASCII, else as encoded words (RFC 2047), each with whole
/// characters and on a line of its own.
std::string encoded_subject(std::string_view subject) {
  const bool is_plain = std::ranges::all_of(subject, is_printable) && subject.size() <= 60 &&
                        subject.find("=?") == std::string_view::npos;
  if (is_plain) return std::string{subject};
  std::string out{word_start};
  std::size_t word_at = 0;
  for (std::size_t i = 0; i < subject.size();) {
    std::size_t end = i + 1; // of the character
    while (end < subject.size() && (static_cast<unsigned char>(subject[end]) & 0xC0U) == 0x80U)
      ++end;
    std::string character;
    for (; i < end; ++i) {
      const char c = subject[i];
      const bool is_word =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (is_word)
        character += c;
      else if (c == ' ')
        character += '_';
      else
        append_octet(character, c);
    }
    if (out.size() - word_at + character.size() + word_end.size() > encoded_word_chars_max) {
      (out += word_end) += "\r\n ";
      word_at = out.size();
      out += word_start;
    }
    out += character;
  }
  return out += word_end;
}

/// Calls `take` with each line, however it ends; what follows the last end is a line too when it
/// is not empty.
template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    take(text.substr(0, end));
    text.remove_prefix(end);
    if (text.starts_with("\r\n"))
      text.remove_prefix(2);
    else if (!text.empty())
      text.remove_prefix(1);
  }
}

bool is_sent_as_it_is(std::string_view body) {
  bool is_so = true;
  each_line(body, [&](std::string_view line) {
    is_so = is_so && line.size() <= mail_line_chars_max &&
            std::ranges::all_of(line, [](char c) { return is_printable(c) || c == '\t'; });
  });
  return is_so;
}

/// One line as quoted-printable (RFC 2045, 6.7).
void append_quoted(std::string& out, std::string_view line) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_last = i + 1 == line.size();
    const bool is_blank = c == ' ' || c == '\t';
    const bool as_it_is = (is_printable(c) && c != '=' && c != ' ') || (is_blank && !is_last);
    const std::size_t size = as_it_is ? 1 : 3;
    if (written + size + (is_last ? 0 : 1) > encoded_line_chars_max) {
      out += "=\r\n";
      written = 0;
    }
    if (as_it_is)
      out += c;
    else
      append_octet(out, c);
    written += size;
  }
}

} // namespace

result<std::string> mail_message(const std::string& from, const mail_record& mail,
                                 const mail_text& text) {
  for (const auto& address : {from, mail.recipient})
    if (auto good = check_email(address); !good) return fail(good.error());
  const bool as_it_is = is_sent_as_it_is(text.body);
  std::string out;
  const auto header = [&out](std::string_view name, std::string_view value) {
    ((out += name) += ": ") += value;
    out += "\r\n";
  };
  header("Date", mail_date(mail.created_at));
  // The same however often it is sent, so that a reader may show it once.
  header("Message-ID", "<" + to_string(mail.id) + from.substr(from.rfind('@')) + ">");
  header("From", from);
  header("To", mail.recipient);
  header("Subject", encoded_subject(text.subject));
  header("Auto-Submitted", "auto-generated"); // RFC 3834: no answers from machines
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", as_it_is ? "7bit" : "quoted-printable");
  out += "\r\n";
  each_line(text.body, [&](std::string_view line) {
    if (as_it_is)
      out += line;
    else
      append_quoted(out, line);
    out += "\r\n";
  });
  return out;
}

} // namespace latchkey
