// texts.hpp — what pages say, in each language that gateway/pages/texts has a file for.
#pragma once

#include "gateway/http/message/request.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::gateway::pages {

/// The texts of one language, by key. They live as long as the program.
class texts {
public:
  using table = std::map<std::string, std::string, std::less<>>;

  texts(std::string language, table all) : language_(std::move(language)), all_(std::move(all)) {}

  /// "en", as `lang` and Accept-Language have it.
  const std::string& language() const noexcept { return language_; }
  const table& all() const noexcept { return all_; }
  bool has(std::string_view key) const { return all_.contains(key); }
  /// A key that is not there stands for itself; a test finds it.
  std::string operator[](std::string_view key) const;
  /// With each `{name}` in it replaced.
  std::string filled(std::string_view key,
                     std::initializer_list<std::pair<std::string_view, std::string>> values) const;

private:
  std::string language_;
  table all_;
};

/// All of them, English first.
const std::vector<texts>& all_languages();
/// Nothing for a language that there is no file for.
const texts* find_language(std::string_view language);
/// The best by Accept-Language (RFC 9110, 12.5.4); English when it names none that we have.
const texts& best_language(std::string_view accept_language);

/// The cookie in which a person's choice is kept.
inline constexpr std::string_view language_cookie = "language";
/// The person's choice, else the best by Accept-Language.
const texts& language_of(const http::request& in);

} // namespace latchkey::gateway::pages
