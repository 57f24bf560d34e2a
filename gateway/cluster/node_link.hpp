// node_link.hpp — the connections between the nodes of a cluster: TCP under TLS, on a thread of
// their own, so that a busy reactor delays no promise.
//
// Of two nodes the one with the smaller id dials. Both greet with their ids; whoever is not in the
// table of members is hung up on. What is sent then are frames: four bytes of length, big-endian,
// and so many bytes of text (actors/cluster/wire.hpp).
#pragma once

#include "actors/cluster/link.hpp"
#include "gateway/cluster/link_tls.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace latchkey::gateway {

struct node_link_options {
  member_id self;
  std::string host; // to listen on: a name or an address
  std::uint16_t port = 0;
  link_tls tls;
};

class node_link final : public cluster::link {
public:
  /// Listens from now on, and greets nobody before `open`. INTERNAL_ERROR with the address and why
  /// not.
  static result<std::shared_ptr<node_link>> bind(node_link_options options);
  ~node_link() override;
  node_link(const node_link&) = delete;
  node_link& operator=(const node_link&) = delete;

  std::uint16_t port() const noexcept;

  void open(cluster_actor hears) override;
  void keep(const member_id& to, const std::string& address) override;
  void drop(const member_id& to) override;
  void send(const member_id& to, std::string frame) override;

private:
  class hub;
  explicit node_link(std::unique_ptr<hub> made);
  std::unique_ptr<hub> hub_;
};

} // namespace latchkey::gateway
