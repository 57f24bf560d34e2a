// document.hpp — the description of the API (OpenAPI 3.1): the route table that serves, with
// the words of the fragments.
//
// From the table come paths, operation ids, who may call, the permission and the rate limit,
// and with them the errors that follow; from the fragments (fragments.hpp) comes the rest.
#pragma once

#include "gateway/http/message/response.hpp"
#include "gateway/http/router.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::openapi {

/// How the service integration renders an error.
using flat_renderer = http::response (*)(const failure& error, std::string_view error_text);

/// Words for an operation that only the settings know.
struct generated_words {
  std::string operation;
  std::string summary;
  std::string description;
  bool has_body = false; // any JSON
};

struct api_facts {
  std::string origin;  // our own, named as a server; empty: nobody can say
  std::string version; // of the program
  flat_renderer flat = nullptr;
  std::vector<generated_words> passed_on = {};    // in the part called "Gateway"
  std::string internal = "http://127.0.0.1:9090"; // where the internal listener's operations are
};

/// The description as JSON text. INTERNAL_ERROR with the reason when the two do not fit: a
/// route without words, words without a route, parameters other than the pattern's, an
/// unknown error code.
result<std::string> describe_api(const std::vector<http::route>& routes, const api_facts& facts);

} // namespace latchkey::openapi
