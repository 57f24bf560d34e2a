#include "actors/mail/reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace latchkey {
namespace {

struct enhanced_status {
  int kind = 0, subject = 0, detail = 0; // class.subject.detail
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a number of 1 to 3 digits from the front.
std::optional<int> take_digits(std::string_view& text) {
  int value = 0;
  const auto most = std::min<std::size_t>(text.size(), 3);
  const auto read = std::from_chars(text.data(), text.data() + most, value);
  const auto size = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc{} || size == 0) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

std::optional<enhanced_status> status_at(std::string_view text) {
  const auto kind = take_digits(text);
  if (!kind || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto subject = take_digits(text);
  if (!subject || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto detail = take_digits(text);
  if (!detail || (!text.empty() && (is_digit(text[0]) || text[0] == '.'))) return std::nullopt;
  return enhanced_status{*kind, *subject, *detail};
}

/// The first status code of class 5 in the words, wherever it stands: some servers write it at the
/// end ("sorry, … (#5.7.1)"). An IP address has four numbers and is none.
std::optional<enhanced_status> find_status(std::string_view words) {
  for (std::size_t at = 0; at + 4 < words.size(); ++at) {
    if (words[at] != '5' || words[at + 1] != '.') continue;
    if (at > 0 && (is_digit(words[at - 1]) || words[at - 1] == '.')) continue;
    if (const auto found = status_at(words.substr(at))) return found;
  }
  return std::nullopt;
}

/// Words of servers that send no status code and refuse the client rather than the recipient.
constexpr std::array<std::string_view, 18> about_the_client{
    "relay",   "authenti",      "helo",        "ehlo",      "hostname", "sender",
    "policy",  "block",         "spam",        "blacklist", "denied",   "rdns",
    "reverse", "not permitted", "not allowed", "tls",       "encrypt",  "client"};

bool is_about_the_client(std::string_view words) {
  std::string lower{words};
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::ranges::any_of(about_the_client, [&lower](std::string_view phrase) {
    return lower.find(phrase) != std::string::npos;
  });
}

} // namespace

bool is_final_reply(mail_stage stage, std::string_view reply) {
  if (stage != mail_stage::recipient && stage != mail_stage::text) return false;
  auto words = reply;
  const auto code = take_digits(words);
  if (!code || *code < 500 || *code > 599) return false;
  if (const auto status = find_status(words)) {
    constexpr int addressing = 1, mailbox = 2;
    constexpr int senders_mailbox = 7, senders_system = 8; // 5.1.7, 5.1.8: MAIL_FROM
    if (status->subject == addressing)
      return status->detail != senders_mailbox && status->detail != senders_system;
    return status->subject == mailbox && status->detail == 1;
  }
  if (stage != mail_stage::recipient || is_about_the_client(words)) return false;
  return *code == 550 || *code == 551 || *code == 553 || *code == 556;
}

} // namespace latchkey
