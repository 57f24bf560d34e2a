// html.hpp — text of the API's description as HTML.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::openapi {

/// The text with the five characters escaped that mean something in HTML, in attributes too.
std::string escaped_html(std::string_view text);

/// `<code>text</code>`, escaped.
std::string code_html(std::string_view text);

/// A description on one line: `code` and **bold** are marked up, everything else is escaped.
std::string phrase_html(std::string_view text);

/// A description of several paragraphs, which empty lines part: each becomes a <p>.
std::string prose_html(std::string_view text);

} // namespace latchkey::openapi
