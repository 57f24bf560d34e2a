// link.hpp — what carries frames between the nodes of a cluster: a network, or a test's idea of
// one.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/interfaces.hpp"

#include <string>

namespace latchkey::cluster {

/// Tells the node's cluster actor of connections and of what comes over them. Frames of one
/// connection arrive whole and in order, or the connection is lost. Used by one actor.
class link {
public:
  virtual ~link() = default;
  /// Who hears. Before anything else.
  virtual void open(cluster_actor hears) = 0;
  /// Sees to it that there is a connection to that member, until `drop`.
  virtual void keep(const member_id& to, const std::string& address) = 0;
  virtual void drop(const member_id& to) = 0;
  /// Nothing happens when there is no connection.
  virtual void send(const member_id& to, std::string frame) = 0;
};

} // namespace latchkey::cluster
