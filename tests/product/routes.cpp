#include "tests/product/routes.hpp"

#include <sstream>

namespace latchkey::test {

std::vector<listed_route> routes_of(const product& server, const std::string& listener) {
  const auto listed = run_latchkey({"routes"}, server.settings, server.store.folder());
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  std::vector<listed_route> found;
  std::istringstream lines{listed.out};
  for (listed_route r; lines >> r.listener >> r.method >> r.path >> r.client >> r.permission;)
    if (r.listener == listener) found.push_back(r);
  EXPECT_FALSE(found.empty()) << listener;
  return found;
}

std::string filled(std::string path) {
  for (auto open = path.find('{'); open != path.npos; open = path.find('{')) {
    const auto name = path.substr(open, path.find('}') - open + 1);
    path.replace(open, name.size(),
                 name == "{name}" || name == "{asset}" ? "nothing-of-that-name"
                                                       : "00000000-0000-4000-8000-000000000000");
  }
  return path;
}

} // namespace latchkey::test
