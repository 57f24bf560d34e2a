// listeners.hpp — the sockets of the whole server: on every reactor an edge, a public listener and
// an internal one.
#pragma once

#include "actors/base/actor_env.hpp"
#include "config/settings/settings.hpp"
#include "gateway/proxy/upstream/upstream_set.hpp"
#include "gateway/reactor/heartbeats.hpp"
#include "protocol/result.hpp"

#include <caf/fwd.hpp>
#include <cstdint>
#include <memory>

namespace latchkey::gateway {

class listeners {
public:
  /// Listens on every reactor of `system`; who connects waits for `accept()`. Fails with the reason
  /// when an address cannot be had or the certificate cannot be read.
  static result<std::unique_ptr<listeners>> open(caf::actor_system& system, actor_env_ptr env,
                                                 std::shared_ptr<const settings> configured,
                                                 std::shared_ptr<proxy::upstream_set> upstreams);

  /// What is still open is closed; call `drain` first.
  ~listeners();
  listeners(const listeners&) = delete;
  listeners& operator=(const listeners&) = delete;

  /// Begins to answer. Once.
  void accept();

  std::uint16_t http_port() const noexcept;
  std::uint16_t internal_port() const noexcept;

  /// Reads TLS_CERT and TLS_KEY again: new handshakes show the new certificate, open connections go
  /// on. A failure's reason names the file and changes nothing. True when there is TLS at all.
  result<bool> reload_certificate();

  /// From now on /health and /internal/ready say that the server stops; everything is served as
  /// before.
  void announce_stop();
  /// Of the reactors that serve; those that do no more are not missed.
  std::shared_ptr<const heartbeats> beats() const noexcept;

  /// Stops accepting and waits until requests in flight are answered, REQUEST_TIMEOUT and
  /// a little at most; then closes what is left.
  void drain();

  /// Sums up the reactors' counts into the metrics. From any thread.
  void publish_counts() const;

private:
  struct reactor_side;
  struct parts;
  explicit listeners(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

} // namespace latchkey::gateway
