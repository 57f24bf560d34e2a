// charge_rate.hpp — how an actor takes one from a rate limit: at once, or after a round trip to
// Redis where only all nodes together can tell.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <string>
#include <string_view>

namespace latchkey {

/// `env` must outlive the conversation's actor, as an actor's own does. The verdict is decided.
task<rate_verdict> charge_rate(const actor_env& env, std::string key, rate_limit limit);

/// Whether one more mail of that kind may go to the address, which is folded: an account fills
/// nobody's mailbox, its owner's neither. An address that its owner has proven takes more of them.
task<bool> may_mail(const actor_env& env, std::string_view kind, std::string address,
                    bool is_proven = false);

/// The window of the mails of that kind to that address.
std::string mail_rate_key(std::string_view kind, std::string_view address);

} // namespace latchkey
