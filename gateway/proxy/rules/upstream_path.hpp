// upstream_path.hpp — makes the target for an upstream from the path that was checked.
#pragma once

#include "gateway/http/message/request.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::proxy {

/// Of the whole target, base path and query included.
inline constexpr std::size_t upstream_target_bytes_max = 8 * 1024;

/// Appends the origin-form target (RFC 9112, 3.2.1) under which `in`, resolved by
/// `http::resolve_target`, goes to an upstream: `base_path` (empty, or "/…" without a final
/// slash), then the path written anew from the decoded one that was routed and checked, then the
/// query as sent, without the parameters whose decoded name is `without`. So an upstream that
/// decodes once sees the path that was checked, however it was spelt.
///
/// The edge has refused what two readers could see differently (see `http::resolve_target`).
/// Refused here, with VALIDATION_ERROR of the field `path`, is what remains of that on the way
/// to a second reader: an escaped ".", and "?" or "#" in the decoded path. A target over the
/// maximum is `uri_too_long`. After a failure `out` is as before.
result<void> append_upstream_target(const http::request& in, std::string_view base_path,
                                    std::string& out, std::string_view without = {});

} // namespace latchkey::proxy
