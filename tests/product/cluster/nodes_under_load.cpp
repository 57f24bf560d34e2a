#include "tests/product/cluster/nodes_under_load.hpp"

#include "tests/product/integration/integration.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace latchkey::test {

std::uint64_t nodes_under_load::any_seed() {
  const char* given = std::getenv("LATCHKEY_CHAOS_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

nodes_under_load::nodes_under_load(std::string database_url, const environment& more)
    : seed_(any_seed()), nodes_(count, settings_with(more), std::move(database_url)),
      reader_(test_store::on(nodes_.database())) {
  std::cout << "seed " << seed_ << "\n";
  for (std::size_t i = 0; i < count; ++i)
    ports_[i] = nodes_[i].server->port();
  upstream_.behave({{"statuses", workflow_load::statuses}, {"interval_ms", 40}});
}

environment nodes_under_load::settings_with(environment more) const {
  more.insert({{"REFRESH_GRACE", "300"},
               {"TIERS", "free:api_keys=unlimited,workflows=unlimited"},
               {"CORE_MANAGER_URL", upstream_.url()},
               {"SERVICE_KEYS", service_keys}});
  return more;
}

int nodes_under_load::times(int usual) {
  const char* given = std::getenv("LATCHKEY_CHAOS");
  return usual * (given != nullptr ? std::max(1, std::atoi(given)) : 1);
}

void nodes_under_load::begin() {
  load_.begin();
  flows_.begin();
}

void nodes_under_load::start(std::size_t i) {
  nodes_[i].start();
  ports_[i] = nodes_[i].server->port();
}

void nodes_under_load::start_if_removed(std::size_t i) {
  auto& server = *nodes_[i].server;
  if (server.is_running()) return;
  EXPECT_TRUE(eventually([&] { return says(server.log(), "have removed this one"); }))
      << server.log();
  leave_alone(i);
  start(i);
}

void nodes_under_load::end_and_check() {
  load_.stop();
  flows_.stop();
  for (std::size_t i = 0; i < count; ++i)
    start_if_removed(i);
  load_.check(reader_);
  flows_.check(reader_);
  EXPECT_EQ(upstream_.workflows_started(), reader_.count("SELECT count(*) FROM workflows"));
  std::cout << load_.acks() << " acks, " << flows_.finished() << " workflows\n";
}

} // namespace latchkey::test
