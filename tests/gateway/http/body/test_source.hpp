// test_source.hpp — a body source that does as a test says and tells what was asked of it,
// and a takeover that talks back.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "tests/gateway/http/connection/test_server.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::http::testing {

/// What a source does, and what became of it. The test's thread may read the counts and set the
/// switches while the server runs.
struct source_script {
  std::vector<std::string> pieces;
  std::size_t rounds = 1; // how often all pieces are given
  std::optional<std::uint64_t> size = {};
  std::chrono::milliseconds pause{0}; // before each piece
  enum class ending : std::uint8_t {
    whole,
    failure,
    exception,
    waiting,
    deaf
  } then = ending::whole;

  std::atomic<bool> released{
      false}; // ends `waiting`, which can be cancelled, and `deaf`, which cannot
  std::atomic<int> asked{0};
  std::atomic<int> alive{0};
  std::atomic<bool> was_cancelled{false};
};

using ending = source_script::ending;

/// GET /stream answers by `script`, GET /fixed with "fixed".
std::shared_ptr<const router> stream_routes(std::shared_ptr<source_script> script);

/// Says "<peer address>|<bytes that came behind the request>|", then sends back what comes, until
/// the client ends.
void echo_over(taken_connection&& connection);

} // namespace latchkey::http::testing
