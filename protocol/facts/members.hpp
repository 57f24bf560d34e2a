// facts/members.hpp — the members of a cluster, as the store lists them.
#pragma once

#include "protocol/ids.hpp"

#include <chrono>
#include <string>

namespace latchkey::storage {

/// How long is told by the store's clock.
struct member_row {
  member_id id;
  std::string node;                        // the same after a restart; 255 bytes
  std::string address;                     // host:port of its cluster port; 255 bytes
  std::string terms;                       // by which it keeps and counts promises; 255 bytes
  bool is_open = false;                    // it may answer requests
  std::chrono::microseconds silent_for{};  // since its last heartbeat
  std::chrono::microseconds gapless_for{}; // that its heartbeats have come without a gap
};

} // namespace latchkey::storage
