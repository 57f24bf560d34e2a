// core_manager.hpp — the sample core manager as a process, its switches, and what it has seen.
#pragma once

#include "tests/product/product.hpp"

namespace latchkey::test {

class core_manager {
public:
  explicit core_manager(const std::string& folder, const std::vector<std::string>& more = {});

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Sets its switches (tests/support/core_manager/switches.hpp); those not given are as usual.
  void behave(const json& behaviour) const;
  /// What has arrived since `forget`: method, target, headers, body.
  json seen() const;
  void forget() const;
  /// How many workflows were started.
  int workflows_started() const;

private:
  child_process child_;
  std::uint16_t port_ = 0;
};

/// What makes it post the statuses of workflows that it answers with 202 to the internal listener
/// on that port.
std::vector<std::string> calling_back(std::uint16_t port, const std::string& service_key);

/// A TCP port of 127.0.0.1 that nobody has, for what must be known before it listens.
std::uint16_t free_port();

/// The values of a header of a request that was seen, in any case.
std::vector<std::string> values_of(const json& request, const std::string& name);

} // namespace latchkey::test
