#include "resources.hpp"

namespace core_manager {

using nlohmann::json;

resource_answer resources::answer(std::string_view method, std::string_view path,
                                  const std::string& body) {
  json given;
  if (method == "POST" || method == "PUT") {
    given = json::parse(body, nullptr, false);
    if (!given.is_object()) return {400, {{"error", "the body must be a JSON object"}}};
  }
  if (path.empty()) {
    if (method == "GET") {
      json list = json::array();
      for (const auto& [id, resource] : all_)
        list.push_back(resource);
      return {200, std::move(list)};
    }
    if (method != "POST") return {405, {{"error", "GET or POST"}}};
    given["id"] = "r-" + std::to_string(++made_);
    all_[given["id"]] = given;
    return {201, std::move(given)};
  }
  const auto found = all_.find(std::string{path.substr(1)});
  if (found == all_.end()) return {404, {{"error", "there is none"}}};
  if (method == "GET") return {200, found->second};
  if (method == "DELETE") {
    all_.erase(found);
    return {204, nullptr};
  }
  if (method != "PUT") return {405, {{"error", "GET, PUT or DELETE"}}};
  given["id"] = found->first;
  found->second = given;
  return {200, std::move(given)};
}

} // namespace core_manager
