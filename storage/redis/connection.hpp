// redis/connection.hpp — one connection to Redis, made when first used and made again
// after it was lost. Plain and synchronous; used by one thread.
#pragma once

#include "config/settings/redis_url.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <memory>
#include <string>

struct redisContext;

namespace latchkey::storage {

using latchkey::parse_redis_url;
using latchkey::redis_address;

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
  result<void> expect_ok(int count, const char* const* arguments, const std::size_t* sizes);

  redis_address address_;
  std::unique_ptr<redisContext, closer> context_;
};

} // namespace latchkey::storage
