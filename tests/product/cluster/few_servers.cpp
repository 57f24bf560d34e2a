#include "tests/product/cluster/few_servers.hpp"

#include "tests/support/postgres_server.hpp"

namespace latchkey::test {

few_servers::few_servers(std::size_t count, environment more)
    : few_servers(count, std::move(more), make_postgres_database()) {}

few_servers::few_servers(std::size_t count, environment more, std::string database_url)
    : url_(std::move(database_url)), more_(std::move(more)) {
  for (std::size_t i = 0; i < count; ++i) {
    auto store = test_store::on(url_);
    const auto settings = settings_of_another(store);
    nodes_.push_back(std::make_unique<product>(std::move(store), settings));
  }
}

environment few_servers::settings_of_another(const test_store& store) const {
  auto all = store.settings({{"CLUSTER_BIND", "127.0.0.1:0"},
                             {"CLUSTER_SECRET", cluster_secret},
                             {"ISSUER", "https://auth.example.com"},
                             {"WORKERS", "1"}});
  for (const auto& [name, value] : more_)
    all[name] = value;
  return all;
}

void OnThreeNodes::TearDownTestSuite() {
  for (std::size_t i = 0; i < nodes().size(); ++i)
    EXPECT_EQ(node(i).server->stop(), 0) << node(i).server->log();
  servers_.reset();
}

std::vector<int> OnThreeNodes::statuses_of(const http_call& call) {
  std::vector<int> out;
  for (std::size_t i = 0; i < nodes().size(); ++i)
    out.push_back(node(i).call(call).status);
  return out;
}

} // namespace latchkey::test
