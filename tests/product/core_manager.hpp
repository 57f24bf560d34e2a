// core_manager.hpp — the sample core manager as a child (tests/support/core_manager): what the
// gateway and workflows of a test stand in front of.
#pragma once

#include "tests/product/product.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::test {

class core_manager {
public:
  /// Listens when constructed. With `calls_back`, statuses of workflows that are answered by 202
  /// are posted to 127.0.0.1:`calls_back` with this service key.
  explicit core_manager(std::optional<std::uint16_t> calls_back = std::nullopt,
                        const std::string& service_key = {});

  std::uint16_t port() const noexcept { return port_; }
  /// CORE_MANAGER_URL.
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// PUT /control: its switches (tests/support/core_manager/switches.hpp).
  void set(const json& switches) const;
  /// Every request that has arrived, but those to /control.
  json requests() const;
  void forget_requests() const;
  /// How many workflows were started.
  int workflows_started() const;

private:
  http_reply ask(const http_call& call) const { return exchange(port_, call); }

  std::unique_ptr<child_process> child_;
  std::uint16_t port_ = 0;
};

/// A TCP port of 127.0.0.1 that nobody listens on, as far as can be known beforehand.
std::uint16_t free_port();

} // namespace latchkey::test
