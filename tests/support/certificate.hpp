// certificate.hpp — a certificate for a server under test.
#pragma once

#include "tests/support/server_process.hpp"

#include <string>

namespace latchkey::test {

/// Writes cert.pem, self-signed for localhost and 127.0.0.1 and good for an hour, and key.pem
/// into the folder; answers the settings that name them.
environment write_certificate(const std::string& folder);

} // namespace latchkey::test
