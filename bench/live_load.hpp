// live_load.hpp — what the loads share: connections to a server on 127.0.0.1, those of live sockets
// signed in and upgraded. Whatever fails ends the program with the reason.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::bench {

[[noreturn]] void die(const std::string& why);

/// Lets this process have as many sockets as the system allows.
void raise_limit();

/// A TCP connection from the `number`-th address's ports: one address has too few for all.
int connected(int port, int number);
void send_all(int fd, std::string_view bytes);
/// Bytes of the HTTP answer that begins `received`: up to the end of the header and as much of a
/// body as Content-Length says. 0 while it is not complete.
std::size_t answer_bytes(std::string_view received);
/// Waits for a whole one.
std::string receive_answer(int fd);

/// POST /auth/token over that connection: an access token. `body` is its JSON.
std::string sign_in(int fd, const std::string& body);
std::string sign_in_body(const std::string& login, const std::string& password);

/// The `number`-th WebSocket at `target`, with `Authorization: Bearer` unless `token` is empty.
int open_socket(int port, int number, const std::string& target, const std::string& token);

/// A client's text frame of less than 126 bytes.
std::string masked_text(std::string_view text);

} // namespace latchkey::bench
