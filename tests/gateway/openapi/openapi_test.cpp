// The API's description is made of the route table and the words of the fragments; what does
// not fit is refused when the server starts.
#include "gateway/http/message/error_body.hpp"
#include "gateway/openapi/document.hpp"
#include "gateway/openapi/fragments.hpp"

#include <gtest/gtest.h>
#include <set>

namespace latchkey::openapi {
namespace {

using http::access;
using http::method;
using http::route;

/// A flat error that is easy to recognise.
http::response plain_flat(const failure& error, std::string_view) {
  return http::json_response(status_of(error.code),
                             R"({"error":"flat","message":"m","details":{}})");
}

const api_facts facts{"https://auth.example.com", "1.2.3", plain_flat, {}, "http://10.0.0.2:9190"};

/// A path that has the parameters which the operation's words describe.
std::string path_for(const std::string& id, const fragment_set& all) {
  auto path = "/" + id;
  for (const auto& given : all.operations.at(id).words.value("parameters", json::array())) {
    const auto& parameter = given.is_string() ? all.parameters.at(given.get<std::string>()) : given;
    if (parameter.value("in", "") == "path") path += "/{p}";
  }
  return path;
}

/// One route for each operation that there are words for.
std::vector<route> rows_for_all() {
  const auto all = read_fragments(embedded::openapi_fragments());
  std::vector<route> rows;
  for (const auto& [id, about] : all.value().operations)
    rows.push_back({method::post, path_for(id, *all), {access::anyone}, {}, id});
  return rows;
}

route& row_of(std::vector<route>& rows, std::string_view id) {
  for (auto& row : rows)
    if (row.operation == id) return row;
  throw std::runtime_error("no such operation");
}

json described(const std::vector<route>& rows) {
  const auto text = describe_api(rows, facts);
  return text ? json::parse(*text) : json(text.error().reason);
}

std::string refusal_of(const std::vector<route>& rows) {
  const auto text = describe_api(rows, facts);
  return text ? "" : text.error().reason;
}

const json& operation(const json& document, const std::string& id) {
  for (const auto& path : document.at("paths"))
    for (const auto& operation : path)
      if (operation.at("operationId") == id) return operation;
  throw std::runtime_error("not described: " + id);
}

TEST(ApiDescription, RefusesARouteThatHasNoWords) {
  auto rows = rows_for_all();
  rows.push_back({method::get, "/new", {access::anyone}, {}, "brand_new"});
  EXPECT_NE(refusal_of(rows).find("GET /new (brand_new): has no words"), std::string::npos)
      << refusal_of(rows);
}

TEST(ApiDescription, RefusesWordsThatHaveNoRoute) {
  auto rows = rows_for_all();
  std::erase_if(rows, [](const route& row) { return row.operation == "me"; });
  EXPECT_NE(refusal_of(rows).find("of me (Auth Service) belongs to no route"), std::string::npos)
      << refusal_of(rows);
}

TEST(ApiDescription, RefusesTwoRoutesOfOneName) {
  auto rows = rows_for_all();
  rows.push_back({method::get, "/me/again", {access::anyone}, {}, "me"});
  EXPECT_NE(refusal_of(rows).find("is the name of two routes"), std::string::npos);
}

TEST(ApiDescription, RefusesAPathWhoseParameterHasNoWords) {
  auto rows = rows_for_all();
  row_of(rows, "me").pattern = "/me/{id}";
  EXPECT_NE(refusal_of(rows).find("no parameter id"), std::string::npos) << refusal_of(rows);
}

TEST(ApiDescription, RefusesWordsOfAParameterThatThePathLacks) {
  auto rows = rows_for_all();
  row_of(rows, "get_user").pattern = "/user";
  EXPECT_NE(refusal_of(rows).find("a parameter that the path does not have"), std::string::npos);
}

TEST(ApiDescription, NamesThePathsParametersAsThePatternDoes) {
  auto rows = rows_for_all();
  row_of(rows, "get_user").pattern = "/admin/users/{whose}";
  const auto document = described(rows);
  EXPECT_EQ(operation(document, "get_user").at("parameters").at(0).at("name"), "whose");
}

TEST(ApiDescription, SaysWhoMayCall) {
  auto rows = rows_for_all();
  row_of(rows, "me").needs = {access::principal, "profile:read"};
  row_of(rows, "list_sessions").needs = {access::session};
  row_of(rows, "sync_user").needs = {access::service};
  row_of(rows, "metrics").needs = {access::internal, {}, http::window::none};
  const auto document = described(rows);

  const auto& me = operation(document, "me");
  EXPECT_EQ(me.at("security").dump(), R"([{"bearerAuth":[]},{"apiKeyAuth":[]}])");
  EXPECT_EQ(me.at("x-permission"), "profile:read");
  EXPECT_NE(me.at("description").get<std::string>().find("`profile:read`"), std::string::npos);
  for (const auto* status : {"200", "400", "401", "403", "429", "500", "503"})
    EXPECT_TRUE(me.at("responses").contains(status)) << status;

  EXPECT_EQ(operation(document, "list_sessions").at("security").dump(), R"([{"bearerAuth":[]}])");
  EXPECT_EQ(operation(document, "sync_user").at("security").dump(),
            R"([{"serviceKeyAuth":[]},{"serviceBearer":[]}])");
  EXPECT_EQ(operation(document, "health").at("security").dump(), "[]");
  EXPECT_EQ(operation(document, "refresh").at("security").dump(), R"([{"refreshCookie":[]},{}])");

  const auto& metrics = operation(document, "metrics");
  EXPECT_EQ(metrics.at("servers").at(0).at("url"), "http://10.0.0.2:9190");
  EXPECT_FALSE(metrics.at("responses").contains("429")); // nobody counts there
  EXPECT_FALSE(metrics.at("responses").at("200").at("headers").contains("X-RateLimit-Limit"));
  EXPECT_TRUE(me.at("responses").at("200").at("headers").contains("X-RateLimit-Limit"));
}

TEST(ApiDescription, RendersErrorsAsTheServerDoes) {
  auto rows = rows_for_all();
  row_of(rows, "sync_user").errors = http::error_form::flat;
  const auto document = described(rows);
  const auto& examples = document.at("components").at("examples");
  const auto& shown = examples.at("VALIDATION_ERROR").at("value").at("error");
  EXPECT_EQ(shown.at("message"), "Invalid input parameters");
  EXPECT_EQ(shown.at("details").dump(),
            R"({"field":"policy_content","reason":"Content cannot be empty"})");
  EXPECT_EQ(shown.at("timestamp"), "2025-06-15T11:09:03Z");
  EXPECT_EQ(examples.at("Flat.RATE_LIMITED").at("value").at("error"), "flat");

  // A status that has a form of its own keeps it beside the usual one.
  const auto& unhealthy = operation(document, "health").at("responses").at("503");
  const auto& either = unhealthy.at("content").at("application/json").at("schema").at("anyOf");
  EXPECT_EQ(either.at(0).at("$ref"), "#/components/schemas/Unhealthy");
  EXPECT_EQ(either.at(1).at("allOf").at(0).at("$ref"), "#/components/schemas/Error");
}

/// Every "$ref" in there.
void collect_references(const json& at, std::set<std::string>& into) {
  if (at.is_object() && at.contains("$ref")) into.insert(at.at("$ref").get<std::string>());
  if (at.is_structured())
    for (const auto& part : at)
      collect_references(part, into);
}

TEST(ApiDescription, RefersOnlyToWhatItHolds) {
  const auto document = described(rows_for_all());
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_GT(references.size(), 50U);
  for (const auto& reference : references)
    EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
}

TEST(ApiDescription, NamesOurOriginAsAServerWhereItIsKnown) {
  const auto document = described(rows_for_all());
  EXPECT_EQ(document.at("servers").at(0).at("url"), "/");
  EXPECT_EQ(document.at("servers").at(1).at("url"), "https://auth.example.com");
  EXPECT_EQ(document.at("info").at("version"), "1.2.3");
  const auto other = describe_api(rows_for_all(), {"", "1.2.3", plain_flat});
  EXPECT_EQ(json::parse(other.value()).at("servers").size(), 1U);
}

// -- fragments ------------------------------------------------------------------------------

std::string refusal_of(std::initializer_list<embedded::file> files) {
  const auto read = read_fragments({files.begin(), files.size()});
  return read ? "" : read.error().reason;
}

TEST(ApiFragments, MustBeOfTheirForm) {
  EXPECT_EQ(refusal_of({{"a.json", "{", {}}}), "a.json: is not a JSON object");
  EXPECT_EQ(refusal_of({{"a.json", "[]", {}}}), "a.json: is not a JSON object");
  EXPECT_EQ(refusal_of({{"a.json", R"({"tags":[]})", {}}}), "a.json: unknown key tags");
  EXPECT_EQ(refusal_of({{"a.json", R"({"operations":{"x":{"sumary":""}}})", {}}}),
            "a.json: x: unknown key sumary");
  EXPECT_EQ(refusal_of({{"a.json", R"({"operations":{"x":{"requestBody":{"a":1}}}})", {}}}),
            "a.json: x: unknown key a");
  EXPECT_EQ(refusal_of({{"a.json", R"({"operations":{"x":{"responses":{"200":{"b":1}}}}})", {}}}),
            "a.json: x: unknown key b");
  EXPECT_NE(refusal_of({{"a.json", R"({"tag":1})", {}}}), "");
}

TEST(ApiFragments, SayEverythingOnce) {
  const embedded::file schema{"a.json", R"({"schemas":{"S":{}}})", {}};
  EXPECT_EQ(refusal_of({schema, schema}), "a.json: schema S stands there twice");
  const embedded::file shared{"b.json", R"({"parameters":{"P":{}}})", {}};
  EXPECT_EQ(refusal_of({shared, shared}), "b.json: parameter P stands there twice");
  const embedded::file words{"c.json", R"({"operations":{"x":{}}})", {}};
  EXPECT_EQ(refusal_of({words, words}), "c.json: operation x stands there twice");
}

TEST(ApiFragments, PutExamplesWhereTheirNamesStand) {
  constexpr auto* text = R"({"examples":{"one":{"a":1}},"operations":{"x":
    {"responses":{"200":{"examples":{"list":{"all":["@one","@one"]}}}}}}})";
  const embedded::file file{"a.json", text, {}};
  const auto read = read_fragments({&file, 1});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->operations.at("x").words["responses"]["200"]["examples"]["list"].dump(),
            R"({"all":[{"a":1},{"a":1}]})");
  EXPECT_EQ(
      refusal_of(
          {{"a.json", R"({"operations":{"x":{"requestBody":{"examples":{"e":"@two"}}}}})", {}}}),
      "a.json: x: there is no example @two");
}

} // namespace
} // namespace latchkey::openapi
