// ws_client.hpp — a WebSocket client that hides nothing: it sends frames that are none as
// readily as good ones, and hands over what comes, frame by frame (RFC 6455).
#pragma once

#include "tests/support/http_client.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::test {

namespace opcode {
inline constexpr unsigned continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9,
                          pong = 0xa;
} // namespace opcode

struct ws_frame {
  unsigned opcode = opcode::text;
  std::string payload;
  bool is_last = true;       // FIN
  bool is_masked = true;     // as a client's must be
  unsigned reserved = 0;     // RSV1 to RSV3, 0 to 7
  unsigned length_bytes = 0; // 0: as short as can be; else 2 or 8

  /// Of a close frame; 0: it has none.
  unsigned close_code() const;
};
std::string to_bytes(const ws_frame& frame);

/// GET /ws with what a handshake needs; add a token.
http_call ws_handshake(std::string target = "/ws");

/// One connection to 127.0.0.1. What takes longer than `patience` is a std::runtime_error.
class ws_client {
public:
  ws_client(std::uint16_t port, const http_call& handshake);
  /// Signed in by `Authorization: Bearer`; std::runtime_error when it is refused.
  ws_client(std::uint16_t port, const std::string& access_token);
  ~ws_client();
  ws_client(ws_client&& other) noexcept;
  ws_client(const ws_client&) = delete;

  /// The answer to the handshake.
  const http_reply& answer() const noexcept { return answer_; }
  bool is_open() const noexcept { return answer_.status == 101; }

  void send(const ws_frame& frame);
  void send_bytes(std::string_view bytes);
  /// A text message.
  void say(const nlohmann::ordered_json& message);
  /// False when the peer does not take more for now.
  bool try_send_bytes(std::string_view bytes);

  /// The next frame; nothing once the server has closed the connection.
  std::optional<ws_frame> receive();
  /// The same of what has come already: nothing when that is no whole frame.
  std::optional<ws_frame> receive_now();
  /// The next text message, as JSON; null at the connection's end or at a close frame, which
  /// `close_code` then tells. Pings are answered.
  nlohmann::ordered_json hear();
  /// The next one of that type.
  nlohmann::ordered_json hear(const std::string& type);
  /// Reads up to the close frame and the end of the connection: its code; 1006 when there was
  /// no close frame, as browsers say.
  unsigned wait_for_close();
  unsigned close_code() const noexcept { return close_code_; }
  /// The server has ended the connection, as far as what has come already says.
  bool has_ended();
  int socket() const noexcept { return socket_; }

private:
  std::optional<ws_frame> take_frame();
  bool read(bool waits);

  int socket_ = -1;
  http_reply answer_;
  std::string input_;
  bool has_ended_ = false;
  unsigned close_code_ = 1006;
};

} // namespace latchkey::test
