// password_policy.cpp — length first, so that nothing long is ever looked at.
#include "protocol/text/password_policy.hpp"

#include "protocol/text/common_passwords.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/opaque_string.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/secret.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace latchkey {
namespace {

/// How much may stand around a word before a password counts as more than the word.
constexpr std::size_t padding_chars_max = 8;
constexpr std::string_view product_name = "latchkey";

bool is_digit_or_mark(char c) noexcept {
  bool printable = c >= ' ' && c <= '~';
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return printable && !letter;
}

/// Whether `text` is `word` with nothing but a little padding around it.
bool is_little_more_than(std::string_view text, std::string_view known) noexcept {
  if (known.empty() || text.size() > known.size() + padding_chars_max) return false;
  auto at = text.find(known);
  if (at == std::string_view::npos) return false;
  auto before = text.substr(0, at);
  auto after = text.substr(at + known.size());
  return std::all_of(before.begin(), before.end(), is_digit_or_mark) &&
         std::all_of(after.begin(), after.end(), is_digit_or_mark);
}

tl::unexpected<failure> refuse(std::string reason) {
  return fail(error_code::password_format, "password", std::move(reason));
}

} // namespace

bool is_common_password(std::string_view folded) noexcept {
  // The list is sorted lines; each step looks at the line that holds the middle byte.
  std::string_view list = common_passwords();
  while (!list.empty()) {
    std::size_t middle = list.size() / 2;
    std::size_t before = middle == 0 ? std::string_view::npos : list.rfind('\n', middle - 1);
    std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    std::size_t end = std::min(list.find('\n', begin), list.size());
    auto line = list.substr(begin, end - begin);
    if (line == folded) return true;
    list = folded < line ? list.substr(0, begin) : list.substr(std::min(end + 1, list.size()));
  }
  return false;
}

result<void> check_password(std::string_view password, std::string_view username,
                            std::string_view email, std::size_t length_min) {
  if (password.size() > password_bytes_max) return refuse("Password must have at most 1024 bytes");
  const auto prepared = opaque_string(secret{password});
  const auto text = prepared.reveal();
  const auto length = is_valid_utf8(text) ? count_code_points(text) : text.size();
  if (length < length_min)
    return refuse("Password must have at least " + std::to_string(length_min) + " characters");

  // What is not UTF-8 has no folded form and is compared as it is.
  secret wiped{fold_text(password).value_or(std::string{password})};
  std::string_view folded = wiped.reveal();
  if (is_common_password(folded)) return refuse("Password is among the most common ones");

  auto name = fold_login_name(username).value_or(std::string{});
  auto address = fold_login_name(email).value_or(std::string{});
  std::string_view local = std::string_view{address}.substr(0, address.find('@'));
  std::string_view domain =
      std::string_view{address}.substr(std::min(local.size() + 1, address.size()));
  if (is_little_more_than(folded, name))
    return refuse("Password cannot be the username or little more");
  for (auto known : std::array<std::string_view, 3>{address, local, domain})
    if (is_little_more_than(folded, known))
      return refuse("Password cannot be the email or little more");
  if (is_little_more_than(folded, product_name))
    return refuse("Password cannot be the name of this service or little more");
  return {};
}

} // namespace latchkey
