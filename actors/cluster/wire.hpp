// wire.hpp — what two nodes say to each other, as text: one JSON object a frame.
//
// A node of the next version may say more: members of an object that are not known are passed over,
// a frame of an unknown kind is an error.
#pragma once

#include "protocol/messages/cluster.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::cluster {

/// Of a frame, in bytes.
inline constexpr std::size_t frame_max = 65'536;

/// Do you promise? Counts per asker, from 1.
struct ask_promise {
  std::uint64_t number = 0;
};
/// I do.
struct give_promise {
  std::uint64_t number = 0; // of the question
};
/// From now on I need your promises.
struct welcome {};
/// This is durable. To be confirmed by its number.
struct tell_change {
  std::uint64_t number = 0;
  messages::durable_change change;
};
struct confirm_change {
  std::uint64_t number = 0;
};
/// I change nothing more.
struct say_goodbye {};

using messages::attend_workflow;
using messages::workflow_changed;

using frame = one_of<ask_promise, give_promise, welcome, tell_change, confirm_change, say_goodbye,
                     workflow_changed, attend_workflow>;

std::string encode(const frame& said);
/// VALIDATION_ERROR with the name of what is wrong.
result<frame> decode(std::string_view text);

} // namespace latchkey::cluster
