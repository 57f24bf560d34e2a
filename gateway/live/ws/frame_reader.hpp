// frame_reader.hpp — reads the messages of a client out of its bytes (RFC 6455, 5), with wslay.
//
// A reader is worth some kilobytes, and an idle socket needs none: a socket takes one from its
// reactor's pool when bytes arrive and gives it back as soon as `is_idle`.
#pragma once

#include "gateway/live/ws/close_code.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct wslay_event_context;

namespace latchkey::ws {

class frame_reader {
public:
  /// Called for each text message that is whole, in order; after `false` no more are read.
  using text_handler = std::function<bool(std::string_view text)>;

  /// A message over `message_bytes_max` is refused before it is kept.
  explicit frame_reader(std::size_t message_bytes_max);
  frame_reader(const frame_reader&) = delete; // wslay knows where it is
  frame_reader& operator=(const frame_reader&) = delete;

  struct outcome {
    std::string reply;           // frames to be sent: pongs, and the close that answers or refuses
    bool has_ended = false;      // nothing more may be read: there was a close, or `reply` has one
    bool received_frame = false; // at least one whole frame came
  };

  /// Reads the next bytes of the one connection. Refused with a close frame: 1002 for what RFC
  /// 6455 forbids, 1003 for a binary message, 1007 for a text that is no UTF-8, 1009 for one
  /// that is too long.
  outcome read(std::string_view bytes, const text_handler& on_text);

  /// Nothing is half read, neither a frame nor a message of several: another socket may use it.
  bool is_idle() const;

private:
  struct callbacks;
  struct freed {
    void operator()(wslay_event_context* context) const;
  };

  std::unique_ptr<wslay_event_context, freed> context_;
  std::string_view bytes_;                // not yet read
  const text_handler* on_text_ = nullptr; // while it reads
  std::string reply_;
  std::optional<close_code> refusal_; // where wslay itself has none
  std::size_t unaccounted_ = 0;       // bytes taken that belong to no whole frame
  std::size_t frame_bytes_ = 0;       // of the frame being read, its head included
  bool is_in_message_ = false;        // between the first and the last frame of one
  bool is_last_ = false;              // the frame being read has FIN
  bool is_control_ = false;           // the frame being read is one
  bool is_enough_ = false;
  bool has_ended_ = false;
  bool received_frame_ = false;
};

} // namespace latchkey::ws
