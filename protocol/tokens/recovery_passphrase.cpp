#include "protocol/tokens/recovery_passphrase.hpp"

#include "protocol/text/login_name.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace latchkey {

result<secret> normal_passphrase(const secret& passphrase, std::string_view field) {
  const auto wrong = [field](std::string_view reason) {
    return fail(error_code::validation_error, std::string{field}, std::string{reason});
  };
  if (passphrase.reveal().size() > recovery_passphrase_bytes_max)
    return wrong("must have at most 1024 bytes");
  auto folded = fold_text(passphrase.reveal());
  if (!folded) return wrong("is not valid UTF-8");
  const secret whole{std::move(*folded)};
  std::string words;
  words.reserve(whole.reveal().size());
  for (auto rest = trim_white_space(whole.reveal()); !rest.empty();) {
    // NFKC has made a space of every other blank but those of control characters.
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    words += rest.substr(0, end);
    rest = trim_white_space(rest.substr(end));
    if (!rest.empty()) words += ' ';
  }
  return secret{std::move(words)};
}

result<void> check_passphrase(const secret& normal, std::string_view field) {
  const auto text = normal.reveal();
  if (count_code_points(text) < recovery_passphrase_code_points_min ||
      text.find(' ') == std::string_view::npos)
    return fail(error_code::validation_error, std::string{field},
                "must have several words, at least 16 characters together");
  return {};
}

} // namespace latchkey
