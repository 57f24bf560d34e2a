// content_coding.hpp — request bodies that are encoded, which no endpoint decodes.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"

namespace latchkey::http {

/// Whether the body is encoded by anything but `identity` (RFC 9110, section 8.4). A request
/// without a body has nothing that would have to be decoded.
bool has_unread_coding(const request& in) noexcept;

/// The answer to it: UNSUPPORTED_MEDIA_TYPE, field "Content-Encoding".
failure coding_refusal();

/// Says in the answer to it which codings are read (RFC 9110, section 15.5.16): none.
void add_read_codings(response& answer);

} // namespace latchkey::http
