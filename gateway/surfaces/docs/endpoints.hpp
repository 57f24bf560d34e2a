// docs/endpoints.hpp — the API's description and pages to read it on, all from the program itself:
// "Auth Service API Documentation", Interactive Docs.
#pragma once

#include "gateway/docs_assets/embedded.hpp"
#include "gateway/http/router.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway::docs {

/// What GET /openapi.json answers and what the plain page is made of: filled once the table that it
/// describes is complete, before anything is served.
struct published_description {
  /// Takes the description and the URL of the issuer, whose scheme links have where clients reach
  /// the server by it. INTERNAL_ERROR when no page can be made of the description.
  result<void> publish(std::string description, std::string issuer_url);

  std::string json;
  std::string etag;
  std::string issuer;
  std::string page; // of HTML; `pieces` are its parts between the server's origin
  std::vector<std::string_view> pieces;
  std::string page_etag;
};

/// Whether these files have the interactive viewer; without it /docs is the plain page.
bool has_viewer(std::span<const embedded::file> files) noexcept;

/// GET /openapi.json, GET /docs, GET /docs/plain and GET /docs/{asset}, open to anyone and not
/// counted.
std::vector<http::route> routes(std::shared_ptr<const published_description> description,
                                std::span<const embedded::file> files = embedded::docs_page());

} // namespace latchkey::gateway::docs
