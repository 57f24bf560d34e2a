// pooler.hpp — PgBouncer between libpq and a server, on unix sockets.
#pragma once

#include <string>
#include <sys/types.h>

namespace latchkey::test {

class pooler {
public:
  /// In front of the server that `url` leads to; `mode` is its pool_mode. Returns when it
  /// answers. It ends with the thread that starts it.
  pooler(const std::string& url, const std::string& mode);
  ~pooler();
  pooler(const pooler&) = delete;
  pooler& operator=(const pooler&) = delete;

  /// The same database, through the pooler.
  const std::string& url() const noexcept { return url_; }

private:
  std::string folder_;
  std::string url_;
  pid_t process_ = -1;
};

} // namespace latchkey::test
