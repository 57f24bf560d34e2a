#include "gateway/openapi/html.hpp"

#include <algorithm>

namespace latchkey::openapi {
namespace {

constexpr std::string_view paragraph_break = "\n\n";

/// Moves what stands between the mark that `rest` begins with and the next such mark into `inner`;
/// false when `rest` begins otherwise or nothing ends it.
bool take_marked(std::string_view& rest, std::string_view mark, std::string_view& inner) {
  if (!rest.starts_with(mark)) return false;
  const auto end = rest.find(mark, mark.size());
  if (end == std::string_view::npos) return false;
  inner = rest.substr(mark.size(), end - mark.size());
  rest.remove_prefix(end + mark.size());
  return true;
}

} // namespace

std::string escaped_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  return out;
}

std::string code_html(std::string_view text) {
  return "<code>" + escaped_html(text) + "</code>";
}

std::string phrase_html(std::string_view text) {
  std::string out;
  for (std::string_view inner; !text.empty();) {
    if (take_marked(text, "`", inner)) {
      out += code_html(inner);
    } else if (take_marked(text, "**", inner)) {
      out += "<strong>" + escaped_html(inner) + "</strong>";
    } else {
      const auto plain = std::min(text.find_first_of("`*", 1), text.size());
      out += escaped_html(text.substr(0, plain));
      text.remove_prefix(plain);
    }
  }
  return out;
}

std::string prose_html(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find(paragraph_break), text.size());
    out += "<p>" + phrase_html(text.substr(0, end)) + "</p>\n";
    text.remove_prefix(std::min(end + paragraph_break.size(), text.size()));
  }
  return out;
}

} // namespace latchkey::openapi
