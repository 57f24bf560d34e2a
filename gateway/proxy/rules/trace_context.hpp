// trace_context.hpp — the trace that a request is part of (W3C Trace Context, level 1).
#pragma once

#include "gateway/http/message/request.hpp"

#include <span>
#include <string>

namespace latchkey::proxy {

struct trace_context {
  std::string traceparent;   // "00-<32 digits: trace>-<16 digits: parent>-<2 digits: flags>"
  bool is_continued = false; // the client's trace: its tracestate goes with it
};

/// The trace context for the next hop. The one well-formed traceparent of `headers` is continued
/// under a new parent id, in the form of version 00, with its sampled flag and no other (3.2
/// and 4.3). None, several, or a malformed one: a new trace, sampled, so that an upstream's own
/// rule of what to record stays in force.
trace_context next_trace(std::span<const http::header_view> headers);

} // namespace latchkey::proxy
