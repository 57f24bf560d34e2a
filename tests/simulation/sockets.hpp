// sockets.hpp — the live sockets of a simulated cluster: each node has a registry of them, as
// sessions and workflows know it. What a client would read on its socket is handed to whoever
// opened it.
//
// Played is the registry. Whether a frame of a session may leave is asked as the product asks it: a
// socket speaks while what its node knows of the session counts (memory_trust).
#pragma once

#include "tests/simulation/node.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace latchkey::test::simulation {

class sockets {
public:
  using number = std::uint64_t; // never given twice
  using hears_statuses = std::function<void(const messages::workflow_statuses&)>;

  /// Before anybody is asked at that node.
  void join(node& with);
  /// All its sockets are gone.
  void lose(const node& gone);
  const socket_registry_actor& registry_of(const node& with) const { return registries_.at(&with); }

  /// A socket for statuses of workflows.
  messages::audience open(node& with, hears_statuses hears);
  void close(number socket) { open_.erase(socket); }

  /// A socket of that session, which is about to be watched: it says nothing yet.
  number open(node& with, const session_id& session);
  /// The session lives, as a look has told that began in that epoch.
  void looked(number socket, std::uint64_t epoch);
  /// Whose sockets may send a frame now, at any node.
  std::vector<session_id> speaking() const;

private:
  struct live_socket {
    node* at = nullptr;
    session_id session;
    std::uint64_t known_in = 0; // 0: no look has told yet
    hears_statuses hears;
  };

  void end_sockets_of(const node& with, const session_id& session);
  messages::statuses_delivered deliver(const messages::workflow_statuses& piece);

  std::map<const node*, socket_registry_actor> registries_;
  std::map<number, live_socket> open_;
  number last_ = 0;
};

} // namespace latchkey::test::simulation
