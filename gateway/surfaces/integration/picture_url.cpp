#include "gateway/surfaces/integration/picture_url.hpp"

#include "gateway/http/request.hpp"

#include <algorithm>
#include <string>

namespace latchkey::gateway::integration {

result<void> check_picture_url(std::string_view field, std::string_view url) {
  const auto is_not_of_url = [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\'; };
  if (std::any_of(url.begin(), url.end(), is_not_of_url))
    return fail(error_code::validation_error, std::string{field},
                "must not contain spaces, backslashes or control characters");
  const auto mark = url.find_first_of(":/?#");
  if (mark == std::string_view::npos || url[mark] != ':') return {}; // relative
  const auto scheme = url.substr(0, mark);
  if (http::equal_ignoring_case(scheme, "https") || http::equal_ignoring_case(scheme, "http"))
    return {};
  return fail(error_code::validation_error, std::string{field},
              "must be relative, or begin with https:// or http://");
}

} // namespace latchkey::gateway::integration
