// redis/connection.hpp — one connection to Redis, made when first used and made again
// after it was lost. Plain and synchronous; used by one thread.
#pragma once

#include "protocol/result.hpp"
#include "protocol/secret.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct redisContext;

namespace latchkey::storage {

/// Where a Redis is: `redis://[[user]:password@]host[:port][/database]` or
/// `unix:///path/to/socket`.
struct redis_address {
  std::string host; // empty: `socket_path`
  std::uint16_t port = 6379;
  std::string socket_path;
  std::string user;
  secret password;
  int database = 0;
};

/// VALIDATION_ERROR with the reason.
result<redis_address> parse_redis_url(const secret& url);

class redis_connection {
public:
  /// How long connecting, and any answer, may take.
  static constexpr std::chrono::milliseconds patience{1'000};

  explicit redis_connection(redis_address address);
  ~redis_connection();
  redis_connection(const redis_connection&) = delete;
  redis_connection& operator=(const redis_connection&) = delete;

  /// Whether Redis answers PING. STORE_UNAVAILABLE otherwise; the next call tries anew.
  result<void> ping();
  bool connected() const noexcept { return context_ != nullptr; }

private:
  struct closer {
    void operator()(redisContext* context) const noexcept;
  };

  result<void> connect();
  /// Sends one command and drops the connection when that fails.
  result<void> expect_ok(int count, const char* const* words, const std::size_t* sizes);

  redis_address address_;
  std::unique_ptr<redisContext, closer> context_;
};

} // namespace latchkey::storage
