#include "gateway/surfaces/docs/endpoints.hpp"

#include "config/log.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/message/error_body.hpp"
#include "gateway/openapi/curl_command.hpp"
#include "gateway/openapi/html.hpp"
#include "gateway/openapi/plain_page.hpp"
#include "gateway/surfaces/docs/asset.hpp"
#include "gateway/surfaces/docs/own_origin.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace latchkey::gateway::docs {
namespace {

constexpr std::string_view viewer_name = "page.html";
constexpr std::string_view icon_name = "icon.png";
constexpr std::string_view core_manager_name = "core-manager.html";

/// Kept, but asked for anew: what changes with the program changes under the same name.
constexpr std::string_view revalidated = "no-cache";

/// The viewer runs its own scripts and talks to its own server, no more. Its style sheet contains
/// small pictures.
constexpr std::string_view viewer_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The plain page has no scripts.
constexpr std::string_view plain_policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// For everything else that might be opened in a tab of its own.
constexpr std::string_view closed_policy = "default-src 'none'; frame-ancestors 'none'";

using assets = std::map<std::string_view, asset>;

std::shared_ptr<const assets> assets_of(std::span<const embedded::file> files) {
  auto all = std::make_shared<assets>();
  for (const auto& file : files)
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

/// The plain page with the origin in it under which the client reaches the server.
http::response plain_page_for(const http::request& in,
                              const published_description::content& description,
                              const std::string& known_origin) {
  const auto origin = openapi::escaped_html(own_origin(in, known_origin));
  // The page differs by the origin alone.
  auto etag = etag_of(description.page_etag + origin);
  http::response answer;
  answer.add("ETag", etag);
  answer.add("Cache-Control", revalidated);
  if (has_tag(in.header("If-None-Match").value_or(""), etag)) {
    answer.status = 304;
    answer.content_type = {};
    return answer;
  }
  answer.content_type = content_type_of("page.html");
  const auto marks = description.pieces.size() - 1;
  answer.body.reserve(description.page.size() + marks * origin.size());
  for (const auto piece : description.pieces) {
    if (!answer.body.empty()) answer.body += origin;
    answer.body += piece;
  }
  return answer;
}

result<published_description::content> content_of(result<std::string> description) {
  if (!description) return fail(std::move(description.error()));
  auto page = openapi::plain_page(*description);
  if (!page) return fail(std::move(page.error()));
  published_description::content out;
  out.json = std::move(*description);
  out.etag = etag_of(out.json);
  out.page = std::move(*page);
  out.page_etag = etag_of(out.page);
  return out; // its pieces are of the page where that stays
}

/// The parts of the page between the marks for the origin.
std::vector<std::string_view> pieces_of(std::string_view page) {
  std::vector<std::string_view> pieces;
  for (auto at = page.find(openapi::origin_mark); at != std::string_view::npos;
       at = page.find(openapi::origin_mark)) {
    pieces.push_back(page.substr(0, at));
    page.remove_prefix(at + openapi::origin_mark.size());
  }
  pieces.push_back(page);
  return pieces;
}

http::response broken(const http::exchange& ex) {
  return http::error_response({error_code::internal_error}, ex.in.request_id,
                              system_clock_source().now());
}

http::route row(std::string path, std::string operation, http::handler answer) {
  return {http::method::get,
          std::move(path),
          {http::access::anyone, {}, http::window::none},
          std::move(answer),
          std::move(operation)};
}

} // namespace

void published_description::publish(std::function<result<std::string>()> describe,
                                    std::string known_origin) {
  describe_ = std::move(describe);
  origin_ = std::move(known_origin);
}

const result<published_description::content>& published_description::get() const {
  std::call_once(made_, [this] {
    content_ = content_of(describe_());
    if (content_)
      content_->pieces = pieces_of(content_->page);
    else
      log_error("docs", content_.error().reason);
  });
  return content_;
}

bool has_viewer(std::span<const embedded::file> files) noexcept {
  return std::any_of(files.begin(), files.end(),
                     [](const embedded::file& file) { return file.name == viewer_name; });
}

std::vector<http::route> routes(std::shared_ptr<const published_description> description,
                                std::span<const embedded::file> files) {
  const auto parts = assets_of(files);
  auto describe = [description](http::exchange& ex) -> awaitable<http::response> {
    const auto& made = description->get();
    if (!made) co_return broken(ex);
    const asset whole{http::json_type, revalidated, made->json, {}, made->etag};
    co_return sealed(answer_with(ex.in, whole), closed_policy);
  };
  const auto page = [parts](std::string_view name) -> http::handler {
    return [parts, name](http::exchange& ex) -> awaitable<http::response> {
      co_return sealed(answer_with(ex.in, parts->at(name)), viewer_policy);
    };
  };
  const auto plain = [description](http::exchange& ex) -> awaitable<http::response> {
    const auto& made = description->get();
    if (!made) co_return broken(ex);
    co_return sealed(plain_page_for(ex.in, *made, description->origin()), plain_policy);
  };
  auto part = [parts](http::exchange& ex) -> awaitable<http::response> {
    const auto found = parts->find(ex.params["asset"]);
    if (found == parts->end()) {
      const failure missing{error_code::not_found, "asset", "there is no such part"};
      co_return http::error_response(missing, ex.in.request_id, system_clock_source().now());
    }
    co_return sealed(answer_with(ex.in, found->second), closed_policy);
  };
  // For a person who types the address alone, and for every browser beside it.
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
  rows.push_back(row(std::string{root_path}, "root", std::move(root)));
  rows.push_back(row("/favicon.ico", "favicon", std::move(icon)));
  rows.push_back(row("/openapi.json", "openapi", std::move(describe)));
  rows.push_back(row("/docs", "docs", has_viewer(files) ? page(viewer_name) : plain));
  rows.push_back(row("/docs/plain", "docs_plain", plain));
  rows.push_back(row("/docs/core-manager", "docs_core_manager", page(core_manager_name)));
  rows.push_back(row("/docs/{asset}", "docs_asset", std::move(part)));
  return rows;
}

} // namespace latchkey::gateway::docs
