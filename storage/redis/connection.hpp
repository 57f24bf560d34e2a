// redis/connection.hpp — one connection to the Redis that is master, made when first used and made
// again after it was lost. Plain and synchronous; used by one thread.
#pragma once

#include "config/settings/redis_url.hpp"
#include "protocol/result.hpp"
#include "storage/redis/stream.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latchkey::storage {

using latchkey::parse_redis_url;
using latchkey::redis_address;

/// A command and its arguments.
using redis_command = std::vector<std::string>;

/// What Redis answers to one command.
struct redis_reply {
  enum class kind : std::uint8_t { nothing, text, number, list, error };
  kind type = kind::nothing;
  std::string text; // of an error: its words, the first of which is its code
  std::int64_t number = 0;
  std::vector<redis_reply> items;

  /// Whether it is the error of that code.
  bool is_error(std::string_view code) const;
};

class redis_connection {
public:
  /// How long connecting with the commands that follow, or the commands alone, may take.
  static constexpr std::chrono::milliseconds patience{1'000};

  /// `greeting` is sent whenever it has connected, before anything else.
  explicit redis_connection(redis_address address, std::chrono::milliseconds wait_max = patience,
                            std::vector<redis_command> greeting = {});
  ~redis_connection();
  redis_connection(const redis_connection&) = delete;
  redis_connection& operator=(const redis_connection&) = delete;

  /// Sends the commands together and gives a reply to each. STORE_UNAVAILABLE when one of them is
  /// an error, but for NOSCRIPT, or does not come: some of the commands may then have been
  /// executed, and none is sent again. The next call connects anew, to whoever is master then.
  result<std::vector<redis_reply>> run(std::span<const redis_command> commands);
  /// Whether Redis answers PING. STORE_UNAVAILABLE.
  result<void> ping();
  bool connected() const noexcept { return stream_.has_value(); }

private:
  struct reader_closer {
    void operator()(void* reader) const noexcept;
  };
  using commands = std::span<const redis_command>;

  result<void> connect(stream_deadline deadline);
  /// To one of the hosts of the address, or of the master that the Sentinels name.
  result<void> connect_to_master(stream_deadline deadline);
  result<redis_host> ask_sentinels(stream_deadline deadline);
  result<void> open(const redis_host& host, stream_deadline deadline);
  /// Shows the password, if there is one.
  result<void> sign_in(stream_deadline deadline);
  /// The same; selects the database and sends the greeting.
  result<void> greet(stream_deadline deadline);
  result<void> expect_success(commands sent, stream_deadline deadline);
  result<void> expect_master(stream_deadline deadline);
  result<std::vector<redis_reply>> exchange(commands sent, stream_deadline deadline);
  result<redis_reply> read_reply(stream_deadline deadline);

  redis_address address_;
  std::chrono::milliseconds wait_max_;
  std::vector<redis_command> greeting_;
  std::shared_ptr<ssl_ctx_st> tls_; // made when first needed
  std::optional<redis_stream> stream_;
  std::unique_ptr<void, reader_closer> reader_; // a redisReader
};

} // namespace latchkey::storage
