// messages/done.hpp — the answer to a request that asks for nothing but an action.
#pragma once

#include "protocol/caf_compat.hpp"

namespace latchkey::messages {

/// The action is done; where it writes, after COMMIT. (Not CAF's unit, which is sent as an empty
/// message that no handler of the asker matches.)
struct done {};

} // namespace latchkey::messages
