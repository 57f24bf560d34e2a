// networks.hpp — a network for each of several nodes, and a router between them that drops what
// goes from one to another when told so. Whoever sends hears nothing of it, as in a network that
// has failed. Needs root and iproute2.
#pragma once

#include "tests/config/temporary_folder.hpp"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

/// A network namespace of the kernel. It has no name, so it is gone with the last process in it and
/// with this process, however that ends.
class network_namespace {
public:
  /// With loopback alone, which is down. std::runtime_error when the kernel makes none.
  network_namespace();
  ~network_namespace();
  network_namespace(const network_namespace&) = delete;
  network_namespace& operator=(const network_namespace&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  /// By which other processes can open it.
  std::string path() const;

private:
  int descriptor_ = -1;
};

/// The calling thread is in that network until this ends; so are the sockets that it opens and the
/// processes that it starts meanwhile, for good.
class inside {
public:
  explicit inside(const network_namespace& there);
  ~inside();
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;

private:
  int home_;
};

class networks {
public:
  /// Why this process cannot have any; empty: it can.
  static std::string refusal();

  /// All reach each other, and nobody else.
  explicit networks(std::size_t count);

  std::size_t size() const noexcept { return nodes_.size(); }
  const network_namespace& of(std::size_t node) const { return *nodes_.at(node); }
  /// By which the others reach it.
  static std::string address_of(std::size_t node);

  /// From now on no packet gets from the one to the other, on connections that are open either.
  void cut(std::size_t from, std::size_t to);
  void cut_both(std::size_t one, std::size_t other);
  /// From and to all others.
  void isolate(std::size_t node);
  /// Nothing is cut any more.
  void heal();

private:
  void attach(std::size_t node);
  /// Where the kernel is told, in words of `ip`, one command a line.
  void tell_router(const std::string& commands) const;

  network_namespace router_;
  std::vector<std::unique_ptr<network_namespace>> nodes_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
};

} // namespace latchkey::test
