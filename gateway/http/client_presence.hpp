// client_presence.hpp — whether the client of a connection is still there.
#pragma once

namespace latchkey::http {

/// The client of a connection, for code that waits long before it answers.
class client_presence {
public:
  /// Whether the client has gone, as far as that shows without reading.
  virtual bool has_gone() const noexcept = 0;

protected:
  ~client_presence() = default;
};

} // namespace latchkey::http
