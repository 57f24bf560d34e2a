// http_client.hpp — a small HTTP/1.1 client that hides nothing: header lines come back in
// their order, twice when they were sent twice; bytes can be sent that are no request.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace latchkey::test {

/// How long an answer may take before a client gives up with std::runtime_error.
inline constexpr std::chrono::seconds patience{60};
/// Between two looks at whether something has happened.
inline constexpr std::chrono::milliseconds poll_pause{10};

struct http_header {
  std::string name;
  std::string value;
  friend bool operator==(const http_header&, const http_header&) = default;
};

struct http_reply {
  int status = 0; // 0: there was no answer
  std::string reason;
  std::vector<http_header> headers; // as sent
  std::string body;

  /// Every value under that name, in any case.
  std::vector<std::string> all(std::string_view name) const;
  /// The only value; "" when there is none. std::runtime_error when there are more.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const { return !all(name).empty(); }
};

/// What is asked; `Host` and `Content-Length` are added when they are not among the headers.
struct http_call {
  std::string method;
  std::string target;
  std::vector<http_header> headers;
  std::string body;

  http_call&& with(std::string name, std::string value) &&;
  /// `Authorization: Bearer`.
  http_call&& as(const std::string& access_token) &&;
  /// `Cookie: refresh_token=`.
  http_call&& cookie(const std::string& refresh_token) &&;
};

http_call get(std::string target);
/// Without a body.
http_call post(std::string target);
http_call post_json(std::string target, std::string body);
http_call put_json(std::string target, std::string body);
/// Without a body.
http_call delete_(std::string target);
http_call post_form(std::string target, std::string body);

/// The bytes of `call` to a server on that port.
std::string to_bytes(const http_call& call, std::uint16_t port);

/// One connection to 127.0.0.1. Whatever goes wrong on it is a std::runtime_error.
class http_connection {
public:
  /// With `tls`, shakes hands before it returns.
  explicit http_connection(std::uint16_t port, std::shared_ptr<ssl_ctx_st> tls = {});
  ~http_connection();
  http_connection(http_connection&& other) noexcept;
  http_connection(const http_connection&) = delete;

  http_reply exchange(const http_call& call);
  void send(const http_call& call);
  void send_raw(std::string_view bytes);
  http_reply receive();
  /// Waits for the peer's end of the connection. False: bytes came instead.
  bool ends();

  int socket() const noexcept { return socket_; }
  /// One read and no wait beyond the socket's own; the answer once it is whole.
  std::optional<http_reply> receive_some();

private:
  std::size_t read(char* to, std::size_t size);

  int socket_ = -1;
  std::uint16_t port_;
  std::shared_ptr<ssl_ctx_st> context_;
  ssl_st* tls_ = nullptr;
  std::string input_;
  bool answers_head_ = false;
};

/// On a connection of its own.
http_reply exchange(std::uint16_t port, const http_call& call);

struct timed_reply {
  http_reply reply;
  std::chrono::steady_clock::duration after{}; // since the first call was sent
};

/// Every call on a connection of its own: all are opened, then all calls sent, then all
/// answers read. A connection that ends without an answer leaves status 0.
std::vector<timed_reply> in_parallel(std::uint16_t port, const std::vector<http_call>& calls);

/// Room for many sockets in this process and those it starts.
void raise_descriptor_limit();

} // namespace latchkey::test
