// fragments.hpp — the words of the API's description: what no route table can know.
//
// A fragment is a JSON file in this folder, one a part of the API:
//   tag, description   the part's name and what it is about; without a tag it is what all of
//                      the API is about
//   operations         by operation id:
//     summary, description
//     security         names of schemes, "" for none, any of which will do; only where the
//                      route is open to anyone and the endpoint itself looks at credentials
//     parameters       OpenAPI parameter objects, or names of `parameters`
//     requestBody      {schema, examples, optional, form}; form: also x-www-form-urlencoded
//     responses        by status: {description, schema | type, examples, sets_cookie}
//     errors           names of error codes beside those that follow from the route
//   examples           values by name; "@name" stands for one wherever an example may
//   parameters         shared by all fragments
//   schemas            components of the description, shared by all fragments
#pragma once

#include "gateway/docs_assets/embedded.hpp"
#include "protocol/result.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::openapi {

using json = nlohmann::ordered_json;

/// One operation's words.
struct operation_words {
  std::string tag;
  json words;
};

struct fragment_set {
  std::string about;                                     // all of it
  std::vector<std::pair<std::string, std::string>> tags; // and what each is about, in order
  std::map<std::string, operation_words, std::less<>> operations;
  json parameters = json::object();
  json schemas = json::object();
};

/// INTERNAL_ERROR with the file and the reason for what is not of the form above: not JSON,
/// a name twice, an unknown key, an unknown "@name".
result<fragment_set> read_fragments(std::span<const embedded::file> files);

} // namespace latchkey::openapi
