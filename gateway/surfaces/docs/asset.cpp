#include "gateway/surfaces/docs/asset.hpp"

#include "gateway/http/body/lasting_body.hpp"
#include "gateway/http/message/syntax.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <array>
#include <utility>

namespace latchkey::gateway::docs {
namespace {

constexpr std::size_t etag_chars = 22; // 132 bits of the hash

/// Calls `look` with each part between commas until it says true.
template <class Look>
bool any_part(std::string_view list, Look look) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (look(http::trim(list.substr(at, end - at)))) return true;
    at = end + 1;
  }
  return false;
}

/// "gzip;q=0" and its like: 0 in any form it may be written in.
bool has_no_weight(std::string_view parameters) noexcept {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const auto value = http::trim(parameters.substr(q + 2));
  return value.starts_with('0') && value.find_first_of("123456789") == std::string_view::npos;
}

} // namespace

std::string_view content_type_of(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{{
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".png", "image/png"},
  }};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return name.find('.') == std::string_view::npos ? "text/plain; charset=utf-8"
                                                  : "application/octet-stream";
}

std::string etag_of(std::string_view content) {
  return '"' + hash_of_key(content).substr(0, etag_chars) + '"';
}

bool takes_gzip(std::string_view accept_encoding) noexcept {
  bool named = false;
  bool takes = false;
  any_part(accept_encoding, [&](std::string_view part) {
    const auto semicolon = std::min(part.find(';'), part.size());
    const auto coding = http::trim(part.substr(0, semicolon));
    const bool is_gzip = http::equal_ignoring_case(coding, "gzip");
    if (!is_gzip && (coding != "*" || named)) return false; // the name counts more than *
    named = is_gzip;
    takes = !has_no_weight(part.substr(semicolon));
    return false;
  });
  return takes;
}

bool has_tag(std::string_view if_none_match, std::string_view etag) noexcept {
  if (http::trim(if_none_match) == "*") return true;
  return any_part(if_none_match, [etag](std::string_view part) {
    if (part.starts_with("W/")) part.remove_prefix(2);
    return part == etag;
  });
}

http::response answer_with(const http::request& in, const asset& file) {
  const bool compressed =
      !file.gzip.empty() && takes_gzip(in.header("Accept-Encoding").value_or(""));
  auto etag = file.etag;
  if (compressed) etag.insert(etag.size() - 1, "-gz"); // another representation, another tag
  http::response answer;
  answer.add("ETag", etag);
  answer.add("Cache-Control", file.cache);
  if (!file.gzip.empty()) answer.add("Vary", "Accept-Encoding");
  if (has_tag(in.header("If-None-Match").value_or(""), etag)) {
    answer.status = 304;
    answer.content_type = {};
    return answer;
  }
  answer.content_type = file.content_type;
  const auto content = compressed ? file.gzip : file.content;
  if (content.size() > http::copied_body_bytes_max)
    answer.source = http::lasting_body(content);
  else
    answer.body = content;
  if (compressed) answer.add("Content-Encoding", "gzip");
  return answer;
}

} // namespace latchkey::gateway::docs
