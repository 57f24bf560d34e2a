#include "tests/e2e/script.hpp"

namespace latchkey::test {
namespace {

constexpr const char* service_key = "tester-key-0123456789abcdef";
constexpr const char* stripe_secret = "whsec_0123456789abcdef";

} // namespace

environment unlimited(const environment& more) {
  environment all{{"RATE_LIMIT_DEFAULT", "1000000/hour"},
                  {"RATE_LIMIT_GATEWAY", "1000000/hour"},
                  {"RATE_LIMIT_LIVE", "1000000/hour"},
                  {"RATE_LIMIT_WEBHOOK", "1000000/hour"},
                  {"RATE_LIMIT_SERVICE", "1000000/hour"},
                  {"LOGIN_FAILURE_LIMIT", "0"},
                  {"LOGIN_FAILURE_LIMIT_ADDRESS", "0"},
                  {"SERVICE_KEYS", std::string{"tester:"} + service_key},
                  {"STRIPE_WEBHOOK_SECRET", stripe_secret},
                  {"STRIPE_PRICES", "price_pro=pro"}};
  for (const auto& [name, value] : more)
    all[name] = value;
  return all;
}

environment environment_of(const test_store& store, const server_process& server) {
  const auto url = [](std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); };
  return {{"BASE_URL", url(server.port())},
          {"INTERNAL_URL", url(server.internal_port())},
          {"ADMIN_PASSWORD", admin_password},
          {"SERVICE_KEY", service_key},
          {"STRIPE_SECRET", stripe_secret},
          {"CHROMIUM", E2E_CHROMIUM},
          {"NO_PROXY", "127.0.0.1"},
          {"HOME", store.folder()},
          {"OUTBOX", store.folder() + "/data/outbox"},
          {"TMPDIR", store.folder()}};
}

std::vector<std::string> node(const std::string& script) {
  return {"/usr/bin/env", "node", std::string{E2E_SCRIPTS} + "/" + script};
}

outcome run(const std::vector<std::string>& words, const environment& variables,
            const std::string& folder) {
  child_process child{words, variables, folder};
  outcome found;
  found.output = child.out(script_max);
  found.exit_code = child.wait();
  found.output += child.err();
  return found;
}

upstream_process::upstream_process(const std::string& folder)
    : child_({E2E_CORE_MANAGER}, {}, folder) {
  const auto line = child_.out_until("\n");
  const auto at = line.rfind(' ') + 1;
  url_ = "http://" + line.substr(at, line.size() - at - 1);
}

testing::AssertionResult succeeds(const std::string& script, const test_store& store,
                                  const environment& settings, const environment& extra) {
  server_process server{store.settings(settings), store.folder()};
  auto all = environment_of(store, server);
  if (settings.contains("TLS_CERT")) {
    all["BASE_URL"].replace(0, 4, "https");
    all["NODE_EXTRA_CA_CERTS"] = settings.at("TLS_CERT");
  }
  for (const auto& [name, value] : extra)
    all[name] = value;
  const auto found = run(node(script), all, store.folder());
  if (server.stop() != 0) return testing::AssertionFailure() << "the server: " << server.log();
  if (found.exit_code == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << script << " ended with " << found.exit_code << "\n"
                                     << found.output;
}

testing::AssertionResult succeeds(const std::string& script, const std::string& engine) {
  const test_store store{engine};
  const upstream_process upstream{store.folder()};
  return succeeds(script, store, unlimited({{"CORE_MANAGER_URL", upstream.url()}}));
}

} // namespace latchkey::test
