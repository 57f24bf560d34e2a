// redis_url.hpp — reads REDIS_URL. The settings and the connection use this one function.
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace latchkey {

struct redis_host {
  std::string name; // without brackets
  std::uint16_t port = 0;
  friend bool operator==(const redis_host&, const redis_host&) = default;
};

/// Where Redis is, and how it is spoken to:
///
///   redis://[[user]:password@]host[:port][,host[:port]…][/number]
///   redis+sentinel://[[user]:password@]host[:port][,…]/name[/number]
///   unix:///path/to/socket
///
/// `rediss` instead of `redis` is TLS, and takes `?ca=FILE&cert=FILE&key=FILE`.
struct redis_address {
  std::vector<redis_host> hosts; // the first that is a master is used; empty: `socket_path`
  std::string socket_path;
  std::string master_name; // not empty: the hosts are Sentinels, which know where this master is
  std::string user;
  secret password;
  int database = 0;
  bool uses_tls = false;
  std::string tls_authority; // a PEM file; empty: the system's authorities
  std::string tls_chain;     // PEM files by which this client proves itself; empty: it does not
  std::string tls_key;
};

/// The last @ ends the login. %XX in user, password and files is decoded (RFC 3986, 2.1).
/// VALIDATION_ERROR with a reason that repeats nothing of the URL.
result<redis_address> parse_redis_url(const secret& url);

} // namespace latchkey
