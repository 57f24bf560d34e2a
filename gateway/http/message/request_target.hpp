// request_target.hpp — from the target as sent to the path that is routed: decoded once,
// and refused whenever another reader of the same bytes could see another path.
#pragma once

#include "gateway/http/message/request.hpp"

#include <string>

namespace latchkey::http {

/// Fills `in.target`, `path`, `query` and, for an absolute target, `host` from `in.target` as
/// it stood in the request line (RFC 9112, section 3.2). False: 400. Refused are NUL and other
/// control characters, "\", "#", ";" and "//" in the path, "." and ".." segments, and escapes
/// that are malformed, not UTF-8, or stand for "/", "\", "%" or a control character.
/// An absolute target without a path is "/", or "*" for OPTIONS. `decoded` holds the path when it
/// had escapes, and the whole target when its path was empty.
bool resolve_target(request& in, std::string& decoded);

} // namespace latchkey::http
