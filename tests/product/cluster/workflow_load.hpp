// workflow_load.hpp — clients of a cluster that start workflows on live sockets and read their
// statuses to the end. Whoever loses the socket goes on at another node where it was.
#pragma once

#include "tests/product/cluster/steady_load.hpp"
#include "tests/support/ws_client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

class workflow_load {
public:
  /// Statuses that the core manager sends of each workflow; the server adds the first one.
  static constexpr int statuses = 12;

  workflow_load(steady_load::port_list& ports, std::uint64_t seed);
  /// As `stop`.
  ~workflow_load();
  workflow_load(const workflow_load&) = delete;
  workflow_load& operator=(const workflow_load&) = delete;

  void begin();
  /// Ends the clients; each reads its workflow to the end.
  void stop();
  /// Workflows that were read to their end.
  std::size_t finished() const;

  /// Every workflow is in the database once, with every status once. Call after `stop`.
  void check(const test_store& store) const;

private:
  struct client {
    std::mt19937_64 chance;
    std::string name;
    std::string access;
    std::vector<std::string> finished; // ids of workflows
    std::vector<std::string> wrong;    // what must not be
  };
  /// A workflow on its way.
  struct reading {
    std::string message; // that started it
    std::string workflow;
    std::int64_t seq = 0;
    bool is_over = false;
  };
  using time_limit = std::chrono::steady_clock::time_point;

  void live(client& own);
  /// At a node that answers, trying others too.
  http_reply ask(client& own, const http_call& call) const;
  void run_one(client& own, time_limit end);
  std::unique_ptr<ws_client> connect(client& own) const;
  /// Until it is over, the socket is lost, or nothing comes any more.
  void read(client& own, reading& of, ws_client& socket) const;
  static void take(client& own, reading& of, const json& frame);

  steady_load::port_list& ports_;
  std::vector<client> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_over_{false};
};

} // namespace latchkey::test
