#include "gateway/surfaces/docs/endpoints.hpp"

#include "gateway/docs_assets/embedded.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/message/error_body.hpp"
#include "gateway/surfaces/docs/asset.hpp"

#include <map>
#include <utility>

namespace latchkey::gateway::docs {
namespace {

constexpr std::string_view page_name = "page.html";
constexpr std::string_view icon_name = "favicon-32x32.png";
constexpr std::string_view core_manager_name = "core-manager.html";

/// Kept, but asked for anew: what changes with the program changes under the same name.
constexpr std::string_view revalidated = "no-cache";

/// The page runs its own scripts and talks to its own server, no more. Small pictures stand in
/// the viewer's style sheet.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For everything else that might be opened in a tab of its own.
constexpr std::string_view closed_policy = "default-src 'none'; frame-ancestors 'none'";

using assets = std::map<std::string_view, asset>;

std::shared_ptr<const assets> page_assets() {
  auto all = std::make_shared<assets>();
  for (const auto& file : embedded::docs_page())
    all->emplace(file.name, asset{content_type_of(file.name), revalidated, file.content, file.gzip,
                                  etag_of(file.content)});
  return all;
}

http::response sealed(http::response answer, std::string_view policy) {
  answer.add("Content-Security-Policy", policy);
  answer.add("Referrer-Policy", "no-referrer");
  answer.add("Cross-Origin-Opener-Policy", "same-origin");
  return answer;
}

http::route row(std::string path, std::string operation, http::handler answer) {
  return {http::method::get,
          std::move(path),
          {http::access::anyone, {}, /*is_counted*/ false},
          std::move(answer),
          std::move(operation)};
}

} // namespace

void published_description::publish(std::string description) {
  json = std::move(description);
  etag = etag_of(json);
}

std::vector<http::route> routes(std::shared_ptr<const published_description> description) {
  const auto parts = page_assets();
  auto describe = [description](http::exchange& ex) -> awaitable<http::response> {
    const asset whole{http::json_type, revalidated, description->json, {}, description->etag};
    co_return sealed(answer_with(ex.in, whole), closed_policy);
  };
  const auto page = [parts](std::string_view name) -> http::handler {
    return [parts, name](http::exchange& ex) -> awaitable<http::response> {
      co_return sealed(answer_with(ex.in, parts->at(name)), page_policy);
    };
  };
  auto part = [parts](http::exchange& ex) -> awaitable<http::response> {
    const auto found = parts->find(ex.params["asset"]);
    if (found == parts->end()) {
      const failure missing{error_code::not_found, "asset", "there is no such part"};
      co_return http::error_response(missing, ex.in.request_id, system_clock_source().now());
    }
    co_return sealed(answer_with(ex.in, found->second), closed_policy);
  };
  // What somebody who types the address in gets, and what every browser asks for beside it.
  auto root = [](http::exchange&) -> awaitable<http::response> {
    http::response answer = http::empty_response();
    answer.status = 302;
    answer.add("Location", "/docs");
    co_return sealed(std::move(answer), closed_policy);
  };
  auto icon = [parts](http::exchange& ex) -> awaitable<http::response> {
    co_return sealed(answer_with(ex.in, parts->at(icon_name)), closed_policy);
  };
  std::vector<http::route> rows;
  rows.push_back(row("/", "root", std::move(root)));
  rows.push_back(row("/favicon.ico", "favicon", std::move(icon)));
  rows.push_back(row("/openapi.json", "openapi", std::move(describe)));
  rows.push_back(row("/docs", "docs", page(page_name)));
  rows.push_back(row("/docs/core-manager", "docs_core_manager", page(core_manager_name)));
  rows.push_back(row("/docs/{asset}", "docs_asset", std::move(part)));
  return rows;
}

} // namespace latchkey::gateway::docs
