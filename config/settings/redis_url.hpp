// redis_url.hpp — reads REDIS_URL. The settings and the connection use this one function.
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

/// The last @ ends the login. %XX in user and password is decoded (RFC 3986, 2.1). VALIDATION_ERROR
/// with a reason that repeats nothing of the URL.
result<redis_address> parse_redis_url(const secret& url);

} // namespace latchkey
