#include "gateway/openapi/document.hpp"

#include "gateway/openapi/answers.hpp"
#include "gateway/openapi/fragments.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace latchkey::openapi {
namespace {

using http::access;

/// The part that says what is passed on.
constexpr auto passed_on_tag = "Gateway";
/// A response of every status that is not named.
constexpr auto any_status = "default";

tl::unexpected<failure> broken(const http::route& row, const std::string& why) {
  return fail(error_code::internal_error, {},
              "the description of " + std::string{to_string(row.method)} + " " + row.pattern +
                  " (" + row.operation + "): " + why);
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The names between braces, in their order.
std::vector<std::string> names_in(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = pattern.find('{', at)) != std::string_view::npos; ++at)
    names.emplace_back(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  return names;
}

json schema_reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

json one_scheme(std::string_view name) {
  json scheme = json::object();
  if (!name.empty()) scheme[std::string{name}] = json::array();
  return scheme;
}

json schemes(std::initializer_list<std::string_view> names) {
  json list = json::array();
  for (const auto name : names)
    list.push_back(one_scheme(name));
  return list;
}

/// What a caller has to show.
json security_of(const http::route& row, const json& words) {
  switch (row.needs.open_to) {
  case access::session:
    return schemes({"bearerAuth"});
  case access::principal:
    return schemes({"bearerAuth", "apiKeyAuth"});
  case access::service:
    return schemes({"serviceKeyAuth", "serviceBearer"});
  default:
    json list = json::array();
    for (const auto& name : words.value("security", json::array()))
      list.push_back(one_scheme(name.get<std::string>()));
    return list;
  }
}

/// The errors that follow from who may call and from what is sent.
std::vector<error_code> errors_of_route(const http::route& row, bool has_body) {
  using enum error_code;
  std::vector<error_code> codes;
  const auto open_to = row.needs.open_to;
  const bool is_signed_in = open_to == access::session || open_to == access::principal;
  // A path with parameters may hold what no path can.
  if (row.needs.is_counted() || has_body || row.pattern.find('{') != std::string::npos)
    codes.push_back(validation_error);
  if (is_signed_in) codes.insert(codes.end(), {token_expired, token_invalid});
  if (open_to == access::session || !row.needs.permission.empty() || open_to == access::service)
    codes.push_back(insufficient_permissions);
  if (open_to == access::own_pages) codes.push_back(csrf_failed);
  if (has_body) codes.insert(codes.end(), {payload_too_large, unsupported_media_type});
  if (row.needs.is_counted()) codes.push_back(rate_limited);
  codes.insert(codes.end(), {internal_error, overloaded, timeout});
  return codes;
}

/// Makes the description of one operation after another, and of what they refer to.
class writer {
public:
  writer(const fragment_set& all, const api_facts& facts)
      : all_(all), facts_(facts), errors_(facts.flat) {}

  result<void> add(const http::route& row);
  result<std::string> finish();

private:
  struct described_route {
    const http::route& row;
    const operation_words& about;
    answer_traits traits;
  };

  result<json> parameters(const described_route& route) const;
  static json body(const json& words);
  static json answer(unsigned status, const json& words, answer_traits traits);
  result<json> answers(const described_route& route);

  const fragment_set& all_;
  const api_facts& facts_;
  error_responses errors_;
  json paths_ = json::object();
  std::set<std::string, std::less<>> seen_;
};

/// Those of the path get the pattern's names, in its order.
result<json> writer::parameters(const described_route& route) const {
  auto names = names_in(route.row.pattern);
  std::size_t used = 0;
  json list = json::array();
  for (const auto& given : route.about.words.value("parameters", json::array())) {
    json parameter = given;
    if (given.is_string()) {
      const auto shared = all_.parameters.find(given.get<std::string>());
      if (shared == all_.parameters.end())
        return broken(route.row, "there is no parameter " + given.get<std::string>());
      parameter = *shared;
    }
    if (parameter.value("in", "") == "path") {
      if (used == names.size()) return broken(route.row, "a parameter that the path does not have");
      parameter["name"] = names[used++];
    }
    list.push_back(std::move(parameter));
  }
  if (used != names.size()) return broken(route.row, "no parameter " + names[used]);
  return list;
}

json named_examples(const json& words) {
  json out = json::object();
  const auto examples = words.value("examples", json::object());
  for (const auto& item : examples.items())
    out[item.key()] = {{"value", item.value()}};
  return out;
}

json writer::body(const json& words) {
  json media{{"schema", schema_reference(words.value("schema", ""))}};
  if (auto examples = named_examples(words); !examples.empty()) media["examples"] = examples;
  json content{{http::json_type, media}};
  if (words.value("form", false)) content["application/x-www-form-urlencoded"] = media;
  return {{"required", !words.value("optional", false)}, {"content", content}};
}

json writer::answer(unsigned status, const json& words, answer_traits traits) {
  json out{{"description", words.value("description", "")},
           {"headers", headers_of(status, traits)}};
  if (words.value("sets_cookie", false))
    out["headers"]["Set-Cookie"] = {{"$ref", "#/components/headers/RefreshCookie"}};
  if (words.contains("schema")) {
    json media{{"schema", schema_reference(words["schema"].get<std::string>())}};
    if (auto examples = named_examples(words); !examples.empty()) media["examples"] = examples;
    out["content"] = {{http::json_type, media}};
  } else if (words.contains("type")) {
    out["content"] = {{words["type"].get<std::string>(), {{"schema", {{"type", "string"}}}}}};
  }
  return out;
}

/// The fragment's answers and the errors, in the order of their status.
result<json> writer::answers(const described_route& route) {
  const auto& words = route.about.words;
  std::map<unsigned, json> by_status;
  const auto responses = words.value("responses", json::object());
  for (const auto& item : responses.items()) {
    if (item.key() == any_status) continue;
    const auto status = static_cast<unsigned>(std::stoul(item.key()));
    by_status[status] = answer(status, item.value(), route.traits);
  }
  std::map<unsigned, std::vector<error_code>> errors;
  const auto add = [&](error_code code) {
    auto& codes = errors[status_of(code)];
    if (std::ranges::find(codes, code) == codes.end()) codes.push_back(code);
  };
  for (const auto& name : words.value("errors", json::array())) {
    const auto code = code_named(name.get<std::string>());
    if (!code) return broken(route.row, "there is no error " + name.get<std::string>());
    add(*code);
  }
  for (const auto code : errors_of_route(route.row, words.contains("requestBody")))
    add(code);
  for (const auto& [status, codes] : errors) {
    auto& own = by_status[status];
    if (own.is_null() && responses.contains(any_status))
      own = answer(status, responses[any_status], route.traits);
    if (own.is_null()) {
      own = errors_.reference_for(codes, route.traits);
    } else if (!route.traits.is_flat) { // its own form of this status, or the usual one
      auto& schema = own["content"][std::string{http::json_type}]["schema"];
      schema = {{"anyOf", json::array({schema, errors_.schema_for(codes, route.traits)})}};
    }
  }
  json out = json::object();
  for (auto& [status, described] : by_status)
    out[std::to_string(status)] = std::move(described);
  if (responses.contains(any_status))
    out[any_status] = answer(0, responses[any_status], route.traits);
  return out;
}

/// An operation that only the settings know, as a fragment would have it.
json words_for(const generated_words& given, const std::string& pattern) {
  json parameters = json::array();
  for (const auto& name : names_in(pattern))
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  json words{
      {"summary", given.summary},
      {"description", given.description},
      {"parameters", std::move(parameters)},
      {"responses",
       {{"default",
         {{"description", "What the service answers, whatever its status."},
          {"schema", "Anything"}}}}},
      {"errors", {"GW001", "GW002"}},
  };
  if (given.has_body) words["requestBody"] = {{"schema", "Anything"}, {"optional", true}};
  return words;
}

result<void> writer::add(const http::route& row) {
  const auto found = all_.operations.find(row.operation);
  if (found == all_.operations.end()) return broken(row, "has no words");
  if (!seen_.insert(row.operation).second) return broken(row, "is the name of two routes");
  const auto& words = found->second.words;
  const described_route route{
      row, found->second, {row.errors == http::error_form::flat, row.needs.is_counted()}};
  auto listed = parameters(route);
  if (!listed) return fail(listed.error());
  auto answered = answers(route);
  if (!answered) return fail(answered.error());

  auto about = words.value("description", std::string{});
  json operation{{"operationId", row.operation},
                 {"tags", json::array({route.about.tag})},
                 {"summary", words.value("summary", "")}};
  if (!row.needs.permission.empty()) {
    const std::string kind = row.needs.open_to == access::service ? "scope" : "permission";
    about +=
        (about.empty() ? "" : "\n\n") + ("Needs the " + kind + " `" + row.needs.permission + "`.");
    operation["x-permission"] = row.needs.permission;
  }
  if (!about.empty()) operation["description"] = about;
  operation["security"] = security_of(row, words);
  if (!listed->empty()) operation["parameters"] = std::move(*listed);
  if (words.contains("requestBody")) operation["requestBody"] = body(words["requestBody"]);
  operation["responses"] = std::move(*answered);
  if (row.needs.open_to == access::internal || row.needs.is_internal)
    operation["servers"] =
        json::array({{{"url", facts_.internal},
                      {"description", "The internal listener (INTERNAL_HOST, INTERNAL_PORT)"}}});
  paths_[row.pattern][lower(to_string(row.method))] = std::move(operation);
  return {};
}

result<std::string> writer::finish() {
  for (const auto& [name, words] : all_.operations)
    if (!seen_.contains(name))
      return fail(error_code::internal_error, {},
                  "the description of " + name + " (" + words.tag + ") belongs to no route");
  json tags = json::array();
  for (const auto& [name, about] : all_.tags)
    tags.push_back({{"name", name}, {"description", about}});
  json servers = json::array({{{"url", "/"}, {"description", "Where this description is"}}});
  if (!facts_.origin.empty())
    servers.push_back({{"url", facts_.origin}, {"description", "ISSUER"}});
  const json document{
      {"openapi", "3.1.0"},
      {"info", {{"title", "latchkey"}, {"version", facts_.version}, {"description", all_.about}}},
      {"servers", std::move(servers)},
      {"tags", std::move(tags)},
      {"paths", std::move(paths_)},
      {"components",
       {{"schemas", all_.schemas},
        {"responses", errors_.responses()},
        {"examples", errors_.examples()},
        {"headers", header_components()},
        {"securitySchemes", security_schemes()}}},
  };
  return document.dump();
}

} // namespace

result<std::string> describe_api(const std::vector<http::route>& routes, const api_facts& facts) {
  auto fragments = read_fragments(embedded::openapi_fragments());
  if (!fragments) return fail(fragments.error());
  try {
    for (const auto& given : facts.passed_on)
      for (const auto& row : routes)
        if (row.operation == given.operation)
          fragments->operations.try_emplace(
              given.operation, operation_words{passed_on_tag, words_for(given, row.pattern)});
    writer out{*fragments, facts};
    for (const auto& row : routes)
      if (auto added = out.add(row); !added) return fail(added.error());
    return out.finish();
  } catch (const std::exception& problem) { // a value of another type than expected
    return fail(error_code::internal_error, {},
                std::string{"the description of the API: "} + problem.what());
  }
}

} // namespace latchkey::openapi
