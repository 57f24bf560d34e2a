// tcp_probe.hpp — whether a neighbour listens.
#pragma once

#include "gateway/awaitable.hpp"
#include "gateway/reactor.hpp"

#include <chrono>
#include <string_view>

namespace latchkey::gateway {

/// Whether the host and port of an `http(s)://host[:port]…` URL accept a TCP connection
/// before the deadline.
awaitable<bool> accepts_connections(reactor& home, std::string_view url,
                                    std::chrono::steady_clock::time_point deadline);

} // namespace latchkey::gateway
