// schema_html.hpp — JSON Schemas of the API's description (its dialect 2020-12) as HTML.
#pragma once

#include "gateway/openapi/fragments.hpp"

#include <string>

namespace latchkey::openapi {

/// The type in a few words: "string (uuid)", "array of Permission", "User or null". A schema of
/// the description's components is a link to `#schema-<name>`.
std::string type_html(const json& schema);

/// What a value must be beside its type: "1 to 64 characters", a pattern, a default. Empty when
/// there is nothing to say.
std::string limits_html(const json& schema);

/// The schema in full: its description, its type and limits, its properties as a table in which
/// objects have tables of their own.
std::string schema_html(const json& schema);

} // namespace latchkey::openapi
