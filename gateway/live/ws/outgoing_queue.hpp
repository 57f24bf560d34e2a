// outgoing_queue.hpp — the bounded queue of frames that wait to be sent on one socket. A client
// that is slower than its workflows loses statuses that newer ones have replaced, never the newest;
// their `seq` shows it that some are missing, and it may resume. A client that is too slow even for
// that is closed.
#pragma once

#include "gateway/live/ws/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace latchkey::ws {

class outgoing_queue {
public:
  struct limits {
    std::size_t frames = 256;
    std::size_t bytes = 256UL << 10;
  };

  /// A workflow on this socket, by a number of the caller's own; 0: none.
  using workflow_number = std::uint64_t;

  explicit outgoing_queue(limits allowed) : allowed_(allowed) {}

  /// Adds a frame; `status_of` names the workflow that it is a status of. When there is no room,
  /// statuses with a newer one behind them go first. False, and nothing was added: there is no
  /// room all the same.
  bool push(frame bytes, workflow_number status_of = 0);

  /// Drops all but a first frame that was sent in part.
  void drop_unbegun();

  bool is_empty() const { return size() == 0; }
  std::size_t size() const { return items_.size() - head_; } // in frames
  /// What is to be sent next, without what was sent of it already.
  std::string_view front() const;
  /// So many bytes of the front were sent.
  void sent(std::size_t bytes);

  /// Frames that went for newer ones since the queue was made.
  std::size_t overtaken() const { return overtaken_; }

private:
  struct item {
    frame bytes;
    workflow_number status_of;
  };

  bool has_room_for(std::size_t bytes) const;
  void drop_overtaken(workflow_number by);

  limits allowed_;
  std::vector<item> items_; // those before head_ were sent
  std::size_t head_ = 0;
  std::size_t sent_ = 0;  // of the first
  std::size_t bytes_ = 0; // of those from head_ on
  std::size_t overtaken_ = 0;
};

} // namespace latchkey::ws
