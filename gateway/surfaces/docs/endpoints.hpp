// docs/endpoints.hpp — the API's description and pages to read it on, all from the program itself:
// "Auth Service API Documentation", Interactive Docs.
#pragma once

#include "gateway/docs_assets/embedded.hpp"
#include "gateway/http/router.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway::docs {

/// What GET /openapi.json answers and what the plain page is made of.
///
/// It is made when somebody asks for it first: that takes as long as all the rest of a start, and
/// most servers are never asked. Whether it can be made of the route table is for tests to find
/// out.
class published_description {
public:
  struct content {
    std::string json;
    std::string etag;
    std::string page; // of HTML; `pieces` are its parts between the server's origin
    std::vector<std::string_view> pieces;
    std::string page_etag;
  };

  /// Before anything is served: how the JSON is made once the table that it describes is complete,
  /// and our origin as the settings know it, if they do.
  void publish(std::function<result<std::string>()> describe, std::string known_origin);

  /// INTERNAL_ERROR when there is no description, or no page can be made of it. Any thread.
  const result<content>& get() const;
  const std::string& origin() const noexcept { return origin_; }

private:
  std::function<result<std::string>()> describe_;
  std::string origin_; // empty: none
  mutable std::once_flag made_;
  mutable result<content> content_;
};

/// Where somebody arrives who types the address alone: on /docs, where there are no other pages.
inline constexpr std::string_view root_path = "/";

/// Whether these files have the interactive viewer; without it /docs is the plain page.
bool has_viewer(std::span<const embedded::file> files) noexcept;

/// GET /openapi.json, GET /docs, GET /docs/plain and GET /docs/{asset}, open to anyone and not
/// counted.
std::vector<http::route> routes(std::shared_ptr<const published_description> description,
                                std::span<const embedded::file> files = embedded::docs_page());

} // namespace latchkey::gateway::docs
