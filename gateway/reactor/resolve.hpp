// resolve.hpp — the address that a host setting means, and whether it can be listened on.
#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <string>

namespace latchkey::gateway {

/// A numeric address as it is; of a name, the first address that it resolves to.
/// VALIDATION_ERROR with the reason when there is none.
result<std::string> numeric_address(const std::string& host);

/// Fails, with a sentence, when anybody listens there already. Reactors share their port
/// with SO_REUSEPORT, and with it a second server would take half of the connections of
/// the first without a word. `address` is numeric.
result<void> check_port_is_free(const std::string& address, std::uint16_t port);

} // namespace latchkey::gateway
