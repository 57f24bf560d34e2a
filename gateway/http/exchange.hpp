// exchange.hpp — one request on its way to an answer: what a handler is given.
#pragma once

#include "gateway/http/request.hpp"
#include "gateway/http/router.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace latchkey::http {

struct exchange {
  const request& in;
  const route* matched = nullptr; // nullptr in hooks, for a path or method without a route
  std::uint32_t route_index = no_route;
  path_params params = {};
  std::chrono::steady_clock::time_point deadline{}; // answer before it
  void* app = nullptr;     // http_server_options::app: the composition's own, one a reactor
  void* scratch = nullptr; // for the hooks and the handler of this one request

  std::string_view param(std::string_view name) const noexcept { return params[name]; }
};

} // namespace latchkey::http
