// session_policy.hpp — the rules of sessions (actors/base/actor_env.hpp), from the settings.
#pragma once

#include "actors/base/actor_env.hpp"
#include "config/settings/settings.hpp"

namespace latchkey::gateway {

session_policy session_policy_of(const settings& set);

} // namespace latchkey::gateway
