// curl_command.hpp — an operation of the API's description as a command line of curl.
#pragma once

#include "gateway/openapi/fragments.hpp"

#include <string>
#include <string_view>

namespace latchkey::openapi {

/// Stands in commands for the server's own origin ("http://127.0.0.1:8080"), which only a request
/// tells.
inline constexpr std::string_view origin_mark = "{{origin}}";

/// Where the commands keep cookies, in the folder that they are run in.
inline constexpr std::string_view cookie_file = "latchkey-cookies.txt";

/// The name of the shell variable that holds the credential of that scheme: "ACCESS_TOKEN" for
/// "bearerAuth".
std::string credential_variable(std::string_view scheme);

/// A command for a POSIX shell, on several lines, that calls the operation `verb` ("get") of `path`
/// with its first example. Credentials come from shell variables; what has no example gets a value
/// of its schema's type.
std::string curl_command(const json& document, const std::string& path, const std::string& verb,
                         const json& operation);

/// What a "$ref" of the document names; `value` itself when it is none.
const json& resolved(const json& document, const json& value);

} // namespace latchkey::openapi
