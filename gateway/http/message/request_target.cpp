#include "gateway/http/message/request_target.hpp"

#include "gateway/http/message/authority.hpp"
#include "protocol/text/text_codec.hpp"

namespace latchkey::http {
namespace {

/// "http://host:port/path" → its authority and the rest; false when it is no such thing.
bool split_absolute(std::string_view target, std::string_view& authority, std::string_view& rest) {
  auto scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return false;
  auto scheme = target.substr(0, scheme_end);
  if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return false;
  auto after = target.substr(scheme_end + 3);
  auto authority_end = after.find_first_of("/?#");
  authority = after.substr(0, authority_end);
  rest = authority_end == std::string_view::npos ? std::string_view{} : after.substr(authority_end);
  return is_authority(authority);
}

bool decode(std::string_view path, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded.push_back(path[i]);
      continue;
    }
    const int byte = hex_byte(path.substr(i + 1));
    if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\' || byte == '%') return false;
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return is_valid_utf8(decoded);
}

bool is_clean_path(std::string_view path) {
  std::size_t begin = 1;
  while (true) {
    auto end = path.find('/', begin);
    auto segment = path.substr(begin, end == std::string_view::npos ? end : end - begin);
    if (segment == "." || segment == "..") return false;
    if (end == std::string_view::npos) return true;
    if (segment.empty()) return false; // "//"
    begin = end + 1;
  }
}

} // namespace

bool resolve_target(request& in, std::string& decoded) {
  auto target = in.target;
  if (in.method == method::connect) return true; // authority-form; answered with 405 anyway
  if (target == "*") {
    in.path = target;
    in.query = {};
    return in.method == method::options;
  }
  if (target.front() != '/') {
    std::string_view authority, rest;
    if (!split_absolute(target, authority, rest)) return false;
    in.host = authority;
    if (rest.empty() && in.method == method::options) { // RFC 9112, section 3.2.4
      in.target = in.path = "*";
      return true;
    }
    if (!rest.starts_with('/')) { // an empty path is "/" (RFC 9110, section 4.2.3)
      decoded.assign("/").append(rest);
      in.target = target = decoded;
      const auto question = target.find('?');
      in.path = target.substr(0, 1);
      in.query = question == std::string_view::npos ? std::string_view{} : target.substr(2);
      return target.find('#') == std::string_view::npos;
    }
    target = in.target = rest;
  }
  auto question = target.find('?');
  in.path = target.substr(0, question);
  in.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  if (target.find('#') != std::string_view::npos) return false;
  if (in.path.find('%') != std::string_view::npos) {
    if (!decode(in.path, decoded)) return false;
    in.path = decoded;
  }
  return in.path.find_first_of("\\;") == std::string_view::npos && is_clean_path(in.path);
}

} // namespace latchkey::http
