// redis/stream.hpp — bytes to and from one server: over TCP, over TLS or through a unix socket. It
// blocks, but nothing takes longer than its deadline.
#pragma once

#include "config/settings/redis_url.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace latchkey::storage {

using stream_deadline = std::chrono::steady_clock::time_point;

/// What a client of TLS needs, for any number of streams; null when the address uses none. Fails
/// with the file that cannot be used.
result<std::shared_ptr<ssl_ctx_st>> make_redis_tls(const redis_address& address);

class redis_stream {
public:
  /// STORE_UNAVAILABLE, as everything here.
  static result<redis_stream> connect(const std::string& socket_path, stream_deadline deadline);
  /// With `tls` the server's certificate must name the host.
  static result<redis_stream>
  connect(const redis_host& host, const std::shared_ptr<ssl_ctx_st>& tls, stream_deadline deadline);
  redis_stream(redis_stream&& other) noexcept;
  redis_stream& operator=(redis_stream&& other) noexcept;
  ~redis_stream();

  result<void> write(std::string_view bytes, stream_deadline deadline);
  /// At least one byte: how many.
  result<std::size_t> read(std::span<char> into, stream_deadline deadline);
  /// Whether the other side has closed it, or has said something although nobody asked.
  bool is_over() const;

private:
  struct tls_closer {
    void operator()(ssl_st* tls) const noexcept;
  };

  explicit redis_stream(int descriptor) : descriptor_(descriptor) {}
  result<void> begin_tls(const std::string& host, ssl_ctx_st* context, stream_deadline deadline);
  /// Repeats one step of OpenSSL's until it has done something: how much.
  template <class Step>
  result<std::size_t> with_tls(Step step, stream_deadline deadline);

  int descriptor_ = -1;
  std::unique_ptr<ssl_st, tls_closer> tls_;
};

} // namespace latchkey::storage
