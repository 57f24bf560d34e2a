// user_calls.hpp — limits how many calls of each user are passed on at a time, so that no user
// takes the share of all.
#pragma once

#include "protocol/ids.hpp"

#include <cstddef>
#include <memory>

namespace latchkey::proxy {

/// One a server; every reactor uses it.
class user_calls {
public:
  explicit user_calls(std::size_t calls_max);

  /// A call of the user's, under way for as long as this is held; empty when as many are already
  /// as may be.
  std::shared_ptr<void> begin(const user_id& user) const;

private:
  struct counts;
  std::shared_ptr<counts> counts_; // those that are under way hold it too
};

} // namespace latchkey::proxy
