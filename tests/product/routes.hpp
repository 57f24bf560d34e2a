// routes.hpp — the route table as the server itself lists it, for tests that leave no route out.
#pragma once

#include "tests/product/product.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace latchkey::test {

struct listed_route {
  std::string listener; // "public" or "internal"
  std::string method;
  std::string path;
  std::string client;     // who may: "anyone", "own_pages", "session", "principal", …
  std::string permission; // "-": none

  /// "POST /auth/token"
  std::string name() const { return method + " " + path; }
};

/// Every route of that listener, in the table's order.
std::vector<listed_route> routes_of(const product& server, const std::string& listener = "public");

/// Of each operation that takes a body, by its name: the fields of that body, as the API's
/// description has them.
std::map<std::string, std::set<std::string>> fields_of_bodies(const product& server);
/// The names of those operations that take such a field.
std::set<std::string> operations_with(const std::string& field, const product& server);

/// A path that names nothing that exists.
std::string filled(std::string path);

} // namespace latchkey::test
