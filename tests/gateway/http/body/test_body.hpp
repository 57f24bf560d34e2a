// test_body.hpp — routes that stream their requests' bodies, and a log of what those gave.
#pragma once

#include "tests/gateway/http/connection/test_server.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace latchkey::http::testing {

inline constexpr std::size_t streamed_bytes_max = 1024;

/// The test's thread may read the counts and set the switch while the server runs.
struct body_log {
  std::atomic<int> alive{0};   // that ask
  std::atomic<int> asked{0};   // for a piece
  std::atomic<int> aborted{0}; // by an exception
  std::atomic<std::size_t> bytes{0};
  std::atomic<error_code> failure{error_code::none};
  std::atomic<bool> released{false}; // POST /held begins to ask, a deaf source ends
};

/// All POST, with bodies of `streamed_bytes_max` at most:
/// /all answers "<size>:<body>", or the failure that it met, /held the same once it is released;
/// /first answers the first piece, /never without asking, /throw not at all;
/// /duplex answers each piece as it comes, /beside at once, while a coroutine of its own asks on;
/// /ask-late asks for the body when its answer's head is out, /deaf when it is released,
/// whatever becomes of the connection;
/// /upgrade answers 101. And GET /fixed, POST /large as /held, but without a limit.
std::shared_ptr<const router> body_routes(const std::shared_ptr<body_log>& log);

} // namespace latchkey::http::testing
