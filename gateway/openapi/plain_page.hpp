// plain_page.hpp — the API's description as one page of HTML that needs no viewer: no script,
// nothing from elsewhere, a command of curl for each operation.
#pragma once

#include "protocol/result.hpp"

#include <string>
#include <string_view>

namespace latchkey::openapi {

/// The page for a description that describe_api() made. Its style sheet is /docs/plain.css.
/// `origin_mark` (curl_command.hpp) stands wherever the server's own origin is to be put.
/// INTERNAL_ERROR when the text is no such description.
result<std::string> plain_page(std::string_view description);

} // namespace latchkey::openapi
