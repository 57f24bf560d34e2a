// switches.hpp — how the sample core manager misbehaves, and how its workflows run. PUT /control
// sets all of them, by a JSON object of the names below; what is not given is as here.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace core_manager {

struct switches {
  // -- requests under /api/ whose target begins with `match` --
  std::string match = "/api/";
  int times = -1;           // how many of them, then all is as usual; -1: all
  int read_pause_ms = 0;    // between a request's head and its body
  int delay_ms = 0;         // before the answer begins
  bool silent = false;      // no answer, and the connection stays open
  bool reset = false;       // a TCP reset instead of an answer
  std::string garbage;      // these bytes instead of an answer
  int status = 0;           // this status instead of the usual answer; 0: the usual one
  std::int64_t bytes = -1;  // a chunked answer of so many bytes instead; -1: the usual one
  std::int64_t cut_at = -1; // of those, so many are sent and then the connection ends

  // -- workflows that are started from now on --
  std::string answer = "ndjson"; // or "sse", or "callback"
  int statuses = 3;              // of each, the last one included
  int interval_ms = 20;          // between two of them
  int drop_after = -1;           // the first stream of each is cut after so many; -1: none is
  bool fails = false;            // the last status is "failed"
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(switches, match, times, read_pause_ms, delay_ms,
                                                silent, reset, garbage, status, bytes, cut_at,
                                                answer, statuses, interval_ms, drop_after, fails)

} // namespace core_manager
