// messages/done.hpp — the answer that says no more than that what was asked for is done.
#pragma once

#include "protocol/caf_compat.hpp"

namespace latchkey::messages {

/// What was asked for is done; where it writes, after COMMIT. (A reply is never CAF's unit: that
/// travels as an empty message, and no handler of the asker's matches one.)
struct done {};

} // namespace latchkey::messages
