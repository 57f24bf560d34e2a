#include "gateway/pages/view/texts.hpp"

#include "gateway/docs_assets/embedded.hpp"
#include "gateway/http/message/syntax.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace latchkey::gateway::pages {
namespace {

constexpr std::string_view texts_ending = ".json";
constexpr std::string_view fallback_language = "en";

std::vector<texts> read_all_texts() {
  std::vector<texts> found;
  for (const auto& file : embedded::pages()) {
    if (!file.name.ends_with(texts_ending)) continue;
    const auto read = nlohmann::json::parse(file.content);
    auto language = std::string{file.name.substr(0, file.name.size() - texts_ending.size())};
    found.emplace_back(std::move(language), read.get<texts::table>());
  }
  std::ranges::sort(found, {}, [](const texts& one) {
    return std::pair{one.language() != fallback_language, one.language()};
  });
  return found;
}

constexpr int full_weight = 1000;

/// A qvalue (RFC 9110, 12.4.2) in thousandths: "0.8" is 800. What is none weighs nothing.
int weight_of_qvalue(std::string_view text) {
  constexpr std::size_t chars_max = 5;
  if (text.empty() || text.size() > chars_max || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int weight = text[0] == '1' ? full_weight : 0;
  int unit = full_weight / 10;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    weight += (text[i] - '0') * unit;
  }
  return weight <= full_weight ? weight : 0;
}

/// Of what follows a language: ";q=0.8", or nothing.
int weight_of(std::string_view parameters) {
  if (parameters.empty()) return full_weight;
  const auto weight = http::trim(parameters.substr(1));
  const bool is_weight = weight.size() > 2 && http::equal_ignoring_case(weight.substr(0, 2), "q=");
  return is_weight ? weight_of_qvalue(weight.substr(2)) : 0;
}

} // namespace

std::string texts::operator[](std::string_view key) const {
  const auto found = all_.find(key);
  return found == all_.end() ? std::string{key} : found->second;
}

std::string
texts::filled(std::string_view key,
              std::initializer_list<std::pair<std::string_view, std::string>> values) const {
  // Each place is looked at once, so that a value may have braces of its own.
  const auto pattern = (*this)[key];
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto open = std::min(pattern.find('{', at), pattern.size());
    out.append(pattern, at, open - at);
    if (open == pattern.size()) break;
    const auto close = pattern.find('}', open);
    if (close == std::string::npos) return out.append(pattern, open);
    const auto name = std::string_view{pattern}.substr(open + 1, close - open - 1);
    const auto* found =
        std::ranges::find(values, name, &std::pair<std::string_view, std::string>::first);
    if (found == values.end())
      out.append(pattern, open, close + 1 - open);
    else
      out += found->second;
    at = close + 1;
  }
  return out;
}

const std::vector<texts>& all_languages() {
  static const std::vector<texts> all = read_all_texts();
  return all;
}

const texts* find_language(std::string_view language) {
  const auto& all = all_languages();
  const auto found = std::ranges::find_if(all, [language](const texts& one) {
    return http::equal_ignoring_case(one.language(), language);
  });
  return found == all.end() ? nullptr : &*found;
}

const texts& best_language(std::string_view accepted) {
  const texts* best = &all_languages().front();
  int best_weight = 0;
  while (!accepted.empty()) {
    const auto comma = std::min(accepted.find(','), accepted.size());
    const auto part = http::trim(accepted.substr(0, comma));
    accepted.remove_prefix(std::min(comma + 1, accepted.size()));
    const auto semicolon = std::min(part.find(';'), part.size());
    // A region makes no other language of ours.
    const auto range = http::trim(part.substr(0, semicolon));
    const auto* known = find_language(range.substr(0, range.find('-')));
    const auto weight = weight_of(part.substr(semicolon));
    if (known == nullptr || weight <= best_weight) continue;
    best = known;
    best_weight = weight;
  }
  return *best;
}

const texts& language_of(const http::request& in) {
  const auto chosen = http::find_cookie(in, language_cookie);
  if (chosen.count > 0)
    if (const auto* known = find_language(chosen.value)) return *known;
  return best_language(in.header("Accept-Language").value_or(""));
}

} // namespace latchkey::gateway::pages
