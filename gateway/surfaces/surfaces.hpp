// surfaces.hpp — the rows of the route table that each surface brings: see its routes.cpp.
#pragma once

#include "gateway/http/router.hpp"

#include <vector>

namespace latchkey::gateway {

namespace access {
std::vector<http::route> routes();
}
namespace auth_service {
std::vector<http::route> routes();
}
namespace billing {
std::vector<http::route> routes();
}
namespace factors {
std::vector<http::route> routes();
}
namespace integration {
std::vector<http::route> routes();
}
namespace internal {
std::vector<http::route> routes();
}
namespace login_module {
std::vector<http::route> routes();
}

} // namespace latchkey::gateway
