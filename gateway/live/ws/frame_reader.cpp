#include "gateway/live/ws/frame_reader.hpp"

#include "gateway/live/ws/frame.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <wslay/wslay.h>

namespace latchkey::ws {

struct frame_reader::callbacks {
  static frame_reader& self(void* of) { return *static_cast<frame_reader*>(of); }

  static ssize_t take(wslay_event_context_ptr context, std::uint8_t* to, std::size_t room, int,
                      void* of) {
    auto& reader = self(of);
    if (reader.bytes_.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const auto taken = std::min(room, reader.bytes_.size());
    std::memcpy(to, reader.bytes_.data(), taken);
    reader.bytes_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }

  static ssize_t give(wslay_event_context_ptr, const std::uint8_t* from, std::size_t bytes, int,
                      void* of) {
    self(of).reply_.append(reinterpret_cast<const char*>(from), bytes);
    return static_cast<ssize_t>(bytes);
  }

  static void frame_begins(wslay_event_context_ptr, const wslay_event_on_frame_recv_start_arg* head,
                           void* of) {
    auto& reader = self(of);
    const auto payload = static_cast<std::size_t>(head->payload_length);
    constexpr std::size_t mask_bytes = 4;
    const std::size_t length_bytes = payload <= 125 ? 0 : payload <= 0xffff ? 2 : 8;
    reader.frame_bytes_ = 2 + length_bytes + mask_bytes + payload;
    reader.is_last_ = head->fin != 0;
    reader.is_control_ = wslay_is_ctrl_frame(head->opcode) != 0;
  }

  static void frame_ends(wslay_event_context_ptr, void* of) {
    auto& reader = self(of);
    reader.unaccounted_ -= std::min(reader.unaccounted_, reader.frame_bytes_);
    reader.frame_bytes_ = 0;
    if (!reader.is_control_) reader.is_in_message_ = !reader.is_last_;
    reader.received_frame_ = true;
  }

  static void message(wslay_event_context_ptr context, const wslay_event_on_msg_recv_arg* message,
                      void* of) {
    auto& reader = self(of);
    const bool is_close = message->opcode == WSLAY_CONNECTION_CLOSE;
    // RFC 6455, 5.5.1: a body begins with a code of two bytes, which wslay does not insist on.
    if (is_close && message->msg_length == 1) reader.refusal_ = close_code::protocol_error;
    if (message->opcode == WSLAY_BINARY_FRAME) {
      reader.refusal_ = close_code::not_text;
      wslay_event_shutdown_read(context);
    }
    if (message->opcode != WSLAY_TEXT_FRAME || reader.is_enough_) return;
    const std::string_view text{reinterpret_cast<const char*>(message->msg), message->msg_length};
    if (!(*reader.on_text_)(text)) {
      reader.is_enough_ = true;
      wslay_event_shutdown_read(context);
    }
  }
};

void frame_reader::freed::operator()(wslay_event_context* context) const {
  wslay_event_context_free(context);
}

frame_reader::frame_reader(std::size_t message_bytes_max) {
  wslay_event_callbacks table{};
  table.recv_callback = &callbacks::take;
  table.send_callback = &callbacks::give;
  table.on_frame_recv_start_callback = &callbacks::frame_begins;
  table.on_frame_recv_end_callback = &callbacks::frame_ends;
  table.on_msg_recv_callback = &callbacks::message;
  wslay_event_context* made = nullptr;
  if (wslay_event_context_server_init(&made, &table, this) != 0) throw std::bad_alloc{};
  context_.reset(made);
  wslay_event_config_set_max_recv_msg_length(made, message_bytes_max);
}

frame_reader::outcome frame_reader::read(std::string_view bytes, const text_handler& on_text) {
  outcome out;
  if (has_ended_) {
    out.has_ended = true;
    return out;
  }
  bytes_ = bytes;
  on_text_ = &on_text;
  received_frame_ = false;
  unaccounted_ += bytes.size();
  const int failed = wslay_event_recv(context_.get());
  on_text_ = nullptr;
  bytes_ = {};
  if (failed == WSLAY_ERR_NOMEM) throw std::bad_alloc{};
  if (failed != 0) refusal_ = close_code::protocol_error; // in a frame's head
  if (wslay_event_send(context_.get()) != 0) throw std::bad_alloc{};
  out.reply = std::exchange(reply_, {});
  if (refusal_) {
    wslay_event_shutdown_read(context_.get());
    out.reply = *close_frame(*refusal_);
  }
  has_ended_ = wslay_event_get_read_enabled(context_.get()) == 0;
  out.has_ended = has_ended_;
  out.received_frame = received_frame_;
  return out;
}

bool frame_reader::is_idle() const {
  return !has_ended_ && !is_in_message_ && unaccounted_ == 0;
}

} // namespace latchkey::ws
