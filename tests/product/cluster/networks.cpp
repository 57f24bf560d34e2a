#include "tests/product/cluster/networks.hpp"

#include "tests/support/server_process.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace latchkey::test {
namespace {

int open_network_of_thread() {
  return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/// Runs `ip` in the network of this thread, with one command a line.
void run_ip(const std::string& commands) {
  const temporary_folder folder;
  child_process ip{{"/usr/bin/env", "ip", "-batch", "-"}, {}, folder / "", commands};
  if (ip.wait() != 0) throw std::runtime_error("ip refuses: " + commands + ip.err());
}

/// In the network of this thread.
void forward_packets() {
  std::ofstream file("/proc/sys/net/ipv4/ip_forward");
  file << "1" << std::flush;
  if (!file) throw std::runtime_error("the kernel does not let this process forward packets");
}

/// Of the pair of interfaces by which a node and the router are connected.
std::string interface_of(std::size_t node) {
  return "node" + std::to_string(node);
}

std::string subnet_of(std::size_t node) {
  return "10.77." + std::to_string(node + 1) + ".";
}

std::string rule_of(const std::pair<std::size_t, std::size_t>& cut) {
  return "iif " + interface_of(cut.first) + " to " + networks::address_of(cut.second) +
         " blackhole\n";
}

} // namespace

// -- one network -----------------------------------------------------------------------------

network_namespace::network_namespace() {
  int error = 0;
  // A thread of its own, which needs no way back.
  std::thread maker([&] {
    if (unshare(CLONE_NEWNET) == 0) descriptor_ = open_network_of_thread();
    error = errno;
  });
  maker.join();
  if (descriptor_ < 0)
    throw std::runtime_error(std::string{"the kernel makes no network for this process: "} +
                             std::strerror(error));
}

network_namespace::~network_namespace() {
  close(descriptor_);
}

std::string network_namespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

inside::inside(const network_namespace& there) : home_(open_network_of_thread()) {
  if (home_ < 0 || setns(there.descriptor(), CLONE_NEWNET) != 0) {
    const int error = errno;
    if (home_ >= 0) close(home_);
    throw std::runtime_error(std::string{"this thread cannot enter a network: "} +
                             std::strerror(error));
  }
}

inside::~inside() {
  // Whatever this thread did next would happen in the wrong network.
  if (setns(home_, CLONE_NEWNET) != 0) std::abort();
  close(home_);
}

// -- all of them -------------------------------------------------------------------------------

std::string networks::refusal() {
  try {
    const network_namespace one;
    const inside there{one};
    forward_packets();
    run_ip("link add one type veth peer name other\n");
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

networks::networks(std::size_t count) {
  {
    const inside there{router_};
    forward_packets();
    run_ip("link set lo up\n");
  }
  for (std::size_t i = 0; i < count; ++i)
    attach(i);
}

void networks::attach(std::size_t node) {
  const auto& made = *nodes_.emplace_back(std::make_unique<network_namespace>());
  const auto name = interface_of(node);
  const auto router = subnet_of(node) + "1";
  tell_router("link add " + name + " type veth peer name " + name + " netns " + made.path() + "\n" +
              "addr add " + router + "/24 dev " + name + "\n" + "link set " + name + " up\n");
  const inside there{made};
  run_ip("link set lo up\naddr add " + address_of(node) + "/24 dev " + name + "\n" + "link set " +
         name + " up\n" + "route add default via " + router + "\n");
}

std::string networks::address_of(std::size_t node) {
  return subnet_of(node) + "2";
}

void networks::tell_router(const std::string& commands) const {
  const inside there{router_};
  run_ip(commands);
}

// A rule is looked at for each packet, and "blackhole" answers none of them.

void networks::cut(std::size_t from, std::size_t to) {
  const std::pair made{from, to};
  if (from == to || cuts_.contains(made)) return;
  tell_router("rule add " + rule_of(made));
  cuts_.insert(made);
}

void networks::cut_both(std::size_t one, std::size_t other) {
  cut(one, other);
  cut(other, one);
}

void networks::isolate(std::size_t node) {
  for (std::size_t other = 0; other < size(); ++other)
    cut_both(node, other);
}

void networks::heal() {
  std::string commands;
  for (const auto& each : cuts_)
    commands += "rule del " + rule_of(each);
  if (!commands.empty()) tell_router(commands);
  cuts_.clear();
}

} // namespace latchkey::test
