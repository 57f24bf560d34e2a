// docs/endpoints.hpp — the API's description and a page to read and try it on, both from the
// program itself: "Auth Service API Documentation", Interactive Docs.
#pragma once

#include "gateway/http/router.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::gateway::docs {

/// What GET /openapi.json answers: filled once the table that it describes is whole, before
/// anything is served.
struct published_description {
  void publish(std::string description);

  std::string json;
  std::string etag;
};

/// GET /openapi.json, GET /docs and GET /docs/{asset}, open to anyone and not counted.
std::vector<http::route> routes(std::shared_ptr<const published_description> description);

} // namespace latchkey::gateway::docs
