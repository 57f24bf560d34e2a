// server.hpp — the composition root: opens the store, spawns the actors, listens on every reactor,
// and shuts all of it down in order.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::gateway {

/// What a first start made and tells once.
struct first_admin {
  std::string username;
  secret password; // generated; empty when ADMIN_PASSWORD gave it
};

class server {
public:
  /// Opens the store and brings its schema up to date, starts, listens, creates an administrator
  /// in a store without an active one, and then accepts. A node of a cluster waits before that
  /// until the others let it in, or until `gives_up` says so. A failure's reason is a sentence.
  static result<std::unique_ptr<server>> start(settings configured,
                                               const std::function<bool()>& gives_up);

  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t http_port() const noexcept;
  std::uint16_t internal_port() const noexcept;
  /// Set when this start created the administrator.
  const std::optional<first_admin>& created_admin() const noexcept;

  /// TLS_CERT and TLS_KEY, read again, for handshakes to come. A failure's reason names the file,
  /// and then nothing changes. True when the public listener speaks TLS.
  result<bool> reload_certificate();

  /// Tells load balancers, by /health and /internal/ready, that `drain` comes soon.
  void announce_stop();
  /// Whether every reactor has its turns. From any thread, also while it drains.
  bool is_alive() const noexcept;

  /// Stops accepting, lets requests in flight finish within REQUEST_TIMEOUT, then stops
  /// the actors. Everything acknowledged is durable already.
  void drain();

private:
  struct parts;
  explicit server(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

} // namespace latchkey::gateway
