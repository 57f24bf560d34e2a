// route_pattern.hpp — which path patterns a route of the operator may have; private to the proxy.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::proxy {

/// What is wrong with a pattern, to complete "expected …"; empty: nothing. Beyond what the router
/// takes, its fixed text must be of unreserved characters (RFC 3986, 2.3), no segment "." or
/// "..", and none may stand where only the internal listener answers (/internal, /metrics).
std::string_view problem_of_pattern(std::string_view pattern);

/// The pattern with its parameters' names left out: equal for two that match the same paths.
std::string shape_of_pattern(std::string_view pattern);

} // namespace latchkey::proxy
