// node.hpp — this server as a node of a cluster: its port for the other nodes, its row in the table
// of members, and the actors that keep both.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/cluster/cluster.hpp"
#include "config/settings/settings.hpp"
#include "gateway/cluster/node_link.hpp"
#include "storage/store.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::gateway {

class node {
public:
  using told = std::function<void(const std::string&)>;

  /// Listens at CLUSTER_BIND; nobody is greeted yet. DATA_DIR must be there, and `configured` must
  /// outlive this. A failure's reason is a sentence.
  static result<std::unique_ptr<node>> bind(const settings& configured);

  /// Of this life of the node.
  const member_id& id() const noexcept { return id_; }

  /// Begins to become a member, and sets `env.cluster`; after the actors that hear of other nodes'
  /// changes. `ends` hears the sentence of why this process must end.
  void join(caf::actor_system& system, const std::shared_ptr<actor_env>& env, storage::store& store,
            const told& ends);
  /// Returns when this node may serve, or when `gives_up` says so: INTERNAL_ERROR.
  result<void> await_open(const std::function<bool()>& gives_up);
  /// Tells the other nodes that this one changes nothing more, and removes its row.
  void leave();
  /// Ends its actors.
  void stop();

private:
  node() = default;
  cluster_options options(const told& ends) const;

  const settings* configured_ = nullptr; // the server's, which outlive this
  member_id id_;
  std::string name_;    // the same in the next life
  std::string address_; // for the other nodes
  std::shared_ptr<node_link> link_;
  caf::actor_system* system_ = nullptr;
  member_table_actor table_;
  cluster_actor member_;
};

} // namespace latchkey::gateway
