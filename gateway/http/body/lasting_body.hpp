// lasting_body.hpp — a body in memory that outlives the answer, sent without a copy.
#pragma once

#include "gateway/http/body/body_source.hpp"

#include <memory>
#include <string_view>

namespace latchkey::http {

/// Shorter bodies are copied into the connection's output, which is one write with the head.
inline constexpr std::size_t copied_body_bytes_max = 4 * 1024;

/// `content` must stay as it is for as long as the server runs. However many clients read it
/// slowly, it is in memory once.
std::unique_ptr<body_source> lasting_body(std::string_view content);

} // namespace latchkey::http
