#include "gateway/request/input/picture_url.hpp"

#include "gateway/http/message/request.hpp"

#include <algorithm>
#include <string>

namespace latchkey::gateway {
namespace {

bool is_of_url(char c) {
  constexpr std::string_view never = "\"<>\\^`{|}";
  return c > 0x20 && c < 0x7F && never.find(c) == std::string_view::npos;
}

/// Neither a scheme nor a host: what comes before the path.
bool is_relative(std::string_view url) {
  const auto mark = url.find_first_of(":/?#");
  const bool has_scheme = mark != std::string_view::npos && url[mark] == ':';
  return !has_scheme && !url.starts_with("//");
}

bool is_absolute(std::string_view url) {
  const auto colon = url.find("://");
  const auto scheme = url.substr(0, colon);
  if (colon == std::string_view::npos ||
      (!http::equal_ignoring_case(scheme, "https") && !http::equal_ignoring_case(scheme, "http")))
    return false;
  const auto rest = url.substr(colon + 3);
  return !rest.empty() && std::string_view{"/?#:@"}.find(rest.front()) == std::string_view::npos;
}

} // namespace

result<void> check_picture_url(std::string_view field, std::string_view url,
                               picture_url_form form) {
  if (url.empty()) return {};
  const bool may_be_relative = form == picture_url_form::reference;
  if (std::ranges::all_of(url, is_of_url) &&
      (is_absolute(url) || (may_be_relative && is_relative(url))))
    return {};
  return fail(error_code::validation_error, std::string{field},
              may_be_relative ? "must be an http or https URL, or a relative one"
                              : "must be an http or https URL");
}

} // namespace latchkey::gateway
