#include "tests/product/routes.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace latchkey::test {

std::vector<listed_route> routes_of(const product& server, const std::string& listener) {
  const auto listed = run_latchkey({"routes"}, server.settings, server.store.folder());
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  std::vector<listed_route> found;
  std::istringstream lines{listed.out};
  for (listed_route r; lines >> r.listener >> r.method >> r.path >> r.client >> r.permission;)
    if (r.listener == listener) found.push_back(r);
  EXPECT_FALSE(found.empty()) << listener;
  return found;
}

namespace {

/// Where a description says `$ref`, what stands there.
const json& resolved(const json& document, const json& part) {
  if (!part.contains("$ref")) return part;
  const json::json_pointer there{part["$ref"].get<std::string>().substr(1)};
  return resolved(document, document.at(there));
}

} // namespace

std::map<std::string, std::set<std::string>> fields_of_bodies(const product& server) {
  const auto document = json_of(server.call(get("/openapi.json")));
  std::map<std::string, std::set<std::string>> found;
  for (const auto& [path, operations] : document["paths"].items())
    for (const auto& [method, operation] : operations.items()) {
      if (!operation.is_object() || !operation.contains("requestBody")) continue;
      auto name = method + " " + path;
      std::transform(name.begin(), name.begin() + static_cast<long>(method.size()), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      const auto& body = resolved(document, operation["requestBody"]);
      for (const auto& [type, content] : body["content"].items()) {
        const auto& schema = resolved(document, content["schema"]);
        if (!schema.contains("properties")) continue;
        for (const auto& [field, described] : schema["properties"].items())
          found[name].insert(field);
      }
    }
  return found;
}

std::set<std::string> operations_with(const std::string& field, const product& server) {
  std::set<std::string> found;
  for (const auto& [name, fields] : fields_of_bodies(server))
    if (fields.contains(field)) found.insert(name);
  return found;
}

std::string filled(std::string path) {
  for (auto open = path.find('{'); open != path.npos; open = path.find('{')) {
    const auto name = path.substr(open, path.find('}') - open + 1);
    path.replace(open, name.size(),
                 name == "{name}" || name == "{asset}" ? "nothing-of-that-name"
                                                       : "00000000-0000-4000-8000-000000000000");
  }
  return path;
}

} // namespace latchkey::test
