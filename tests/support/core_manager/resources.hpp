// resources.hpp — templates and instances, in memory ("Auth Service Internal API
// Documentation", Gateway Proxy Routes): each is whatever JSON object it was made of, and an id.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace core_manager {

/// What a request for them is answered with: 200, 201, 204, 400, 404 or 405.
struct resource_answer {
  unsigned status = 200;
  nlohmann::json body; // null: none
};

class resources {
public:
  /// `path` is what follows the collection's own path: empty, or "/" and an id.
  resource_answer answer(std::string_view method, std::string_view path, const std::string& body);

private:
  std::map<std::string, nlohmann::json> all_; // by id
  int made_ = 0;
};

} // namespace core_manager
