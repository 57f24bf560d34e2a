// limits.hpp — every bound of the HTTP edge, with its default.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>

namespace latchkey::http {

struct http_limits {
  // What one request may bring.
  std::size_t header_bytes_max = 8 * 1024;  // request line and headers together; over it: 431
  std::size_t target_bytes_max = 4 * 1024;  // over it: 414
  std::size_t header_count_max = 100;       // over it: 431
  std::size_t body_bytes_max = 1024 * 1024; // after removal of chunking; over it: 413
  std::size_t chunk_line_bytes_max = 256;   // one chunk size with its extensions; 400
  std::size_t chunk_extension_bytes_max = 4 * 1024; // of all chunks of a request; 400
  std::size_t trailer_bytes_max = 4 * 1024;         // trailers are read and dropped; 400

  // How long a peer may take; each is met within two ticks of the timer wheel. A peer that
  // exceeds one of the first two is gone under 15 s from the beginning of that one:
  // receive_max, then linger_max for the 408 and its reading together; send_max at once.
  std::chrono::milliseconds receive_max{12'000};  // a whole request, from its first byte; the
                                                  // first one's from the TCP connection on,
                                                  // with the TLS handshake in it
                                                  // of a streamed body: each 16 KiB of
                                                  // it, while they are asked for
  std::chrono::milliseconds send_max{12'000};     // reading an answer, or a piece of a
                                                  // streamed one
  std::chrono::milliseconds idle_max{75'000};     // between two requests
  std::chrono::milliseconds linger_max{2'000};    // for the peer to read a last answer
  std::size_t linger_bytes_max = 4 * 1024 * 1024; // read and dropped meanwhile

  // How often a streamed answer whose source gives nothing looks whether its peer has gone.
  std::chrono::milliseconds stream_check{2'000};

  // How long a request may take, a streamed answer to its head; it travels in
  // `exchange::deadline`.
  std::chrono::milliseconds request_max{30'000};

  // What one reactor takes on; over it: 503 with Retry-After.
  std::size_t connections_max = 8'000;
  std::size_t refusals_max = 256; // connections over the cap that still get an answer
  // By the number of the descriptor that accept(2) gives, which is the lowest free one: from the
  // first on a connection is told that there is no room, from the second on it is closed without
  // a word, so that the process keeps descriptors for what is not the edge's.
  int descriptors_full = std::numeric_limits<int>::max();
  int descriptors_max = std::numeric_limits<int>::max();
  std::size_t in_flight_max = 2'000;
  std::size_t coalesced_output_bytes_max = 64 * 1024; // of pipelined answers, then it is sent
  std::size_t unsent_bytes_max = 32 * 1024 * 1024;    // of answers that clients have not read; over
                                                      // it whoever leaves most unread is closed
  std::size_t unfinished_bytes_max = 32 * 1024 * 1024; // of bodies of which more must come and that
                                                       // are gathered; over it whoever holds most
                                                       // is closed
};

} // namespace latchkey::http
