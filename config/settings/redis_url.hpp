// redis_url.hpp — where a Redis is, as REDIS_URL says it. The one reader of such URLs: what
// the settings accept is what is connected to.
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstdint>
#include <string>

namespace latchkey {

/// `redis://[[user]:password@]host[:port][/database]` or `unix:///path/to/socket`.
struct redis_address {
  std::string host; // without brackets; empty: `socket_path`
  std::uint16_t port = 6379;
  std::string socket_path;
  std::string user;
  secret password;
  int database = 0;
};

/// The last @ ends the login. User and password come out with their %XX (RFC 3986, 2.1) read.
/// VALIDATION_ERROR with the reason, a sentence that repeats nothing of the URL.
result<redis_address> parse_redis_url(const secret& url);

} // namespace latchkey
