// smtp_server.hpp — a real mail server of the tests' own (smtp_server.py), which refuses, hangs
// and goes away when told to.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

struct received_mail {
  std::string from; // of the envelope, as `to`
  std::vector<std::string> to;
  std::string data;     // as it was sent, lines ending in CRLF
  std::string user;     // who had signed in
  std::string greeting; // what the client called itself

  /// The value of a header, unfolded; "" when there is none.
  std::string header(const std::string& name) const;
  /// What follows the empty line.
  std::string body() const;
};

/// Listens on a free port of 127.0.0.1. It dies with this process.
class smtp_server {
public:
  /// `options`: further words for smtp_server.py.
  explicit smtp_server(std::vector<std::string> options = {});
  ~smtp_server();
  smtp_server(const smtp_server&) = delete;
  smtp_server& operator=(const smtp_server&) = delete;

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const noexcept { return port_; }
  const std::string& folder() const noexcept { return folder_; }

  /// The next command of that stage ("mail", "rcpt", "data") gets this reply, or none ("hang").
  void plan(const std::string& stage, const std::string& reply);
  /// Whether somebody waits for a reply that will not come.
  bool is_hanging() const;
  /// How many planned replies were not given yet.
  std::size_t replies_left() const;
  /// What it took, oldest first.
  std::vector<received_mail> received() const;

  void stop();
  /// On the same port.
  void start();

private:
  std::vector<std::string> options_;
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  int planned_ = 0;
};

} // namespace latchkey::test
