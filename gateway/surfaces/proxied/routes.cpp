// routes.cpp — a route, and its words in the API's description, for each row of the proxy table.
#include "gateway/surfaces/live/handshake.hpp"
#include "gateway/surfaces/proxied/endpoints.hpp"

#include <array>
#include <string>
#include <utility>

namespace latchkey::gateway::proxied {
namespace {

using http::method;

bool may_have_a_body(method verb) noexcept {
  return verb != method::get && verb != method::head;
}

/// "GET /api/v1/templates/{id}" is get_api_v1_templates_id. Two routes of one name are told apart
/// by `number`.
std::string operation_of(const proxy::proxy_route& route, std::size_t number) {
  std::string out = "proxied_" + std::to_string(number) + "_";
  for (const char c : http::to_string(route.method))
    out += static_cast<char>(c - 'A' + 'a');
  for (const char c : route.pattern) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_word)
      out += c;
    else if (out.back() != '_')
      out += '_';
  }
  while (out.back() == '_')
    out.pop_back();
  return out;
}

struct known_words {
  method verb;
  std::string_view pattern, operation, summary;
};

/// "Auth Service Internal API Documentation", Gateway Proxy Routes.
constexpr std::array<known_words, 10> documented{{
    {method::get, "/api/v1/templates", "list_templates", "List persona templates"},
    {method::post, "/api/v1/templates", "create_template", "Create a persona template"},
    {method::get, "/api/v1/templates/{id}", "get_template", "Get a persona template"},
    {method::put, "/api/v1/templates/{id}", "update_template", "Update a persona template"},
    {method::delete_, "/api/v1/templates/{id}", "delete_template", "Delete a persona template"},
    {method::get, "/api/v1/personas/instances", "list_instances", "List persona instances"},
    {method::post, "/api/v1/personas/instances", "create_instance", "Create a persona instance"},
    {method::get, "/api/v1/personas/instances/{id}", "get_instance", "Get a persona instance"},
    {method::put, "/api/v1/personas/instances/{id}", "update_instance",
     "Update a persona instance"},
    {method::delete_, "/api/v1/personas/instances/{id}", "delete_instance",
     "Delete a persona instance"},
}};

openapi::generated_words words_of(const proxy::proxy_table& table, std::size_t index) {
  const auto& route = table.routes[index];
  const auto& name = table.upstreams[route.upstream].name;
  openapi::generated_words out;
  out.has_body = may_have_a_body(route.method) && route.method != method::delete_;
  out.description = "Passed on to the service `" + name + "`, which answers.";
  for (const auto& known : documented)
    if (known.verb == route.method && known.pattern == route.pattern) {
      out.operation = known.operation;
      out.summary = known.summary;
      return out;
    }
  out.operation = operation_of(route, index);
  out.summary = std::string{http::to_string(route.method)} + " " + route.pattern;
  return out;
}

} // namespace

std::vector<http::route> routes(const proxy::proxy_table& table) {
  std::vector<http::route> rows;
  for (std::size_t i = 0; i < table.routes.size(); ++i) {
    const auto& route = table.routes[i];
    const auto answer = [route](http::exchange& ex, const principal& caller) {
      return pass_on(ex, caller, route);
    };
    rows.push_back(route_row(route.method, route.pattern, words_of(table, i).operation, answer,
                             live::principal_of_handshake)
                       .access(http::access::principal, route.permission)
                       .limit(http::window::gateway)
                       .body(route.body_bytes_max, may_have_a_body(route.method)));
  }
  return rows;
}

std::vector<openapi::generated_words> descriptions(const proxy::proxy_table& table) {
  std::vector<openapi::generated_words> all;
  for (std::size_t i = 0; i < table.routes.size(); ++i)
    all.push_back(words_of(table, i));
  return all;
}

} // namespace latchkey::gateway::proxied
