// soft_certificate.hpp — the certificate of a make of authenticators, good or at fault (WebAuthn
// Level 3, section 8.2.1).
#pragma once

#include "tests/support/soft_key.hpp"

#include <optional>
#include <string>

namespace latchkey::test {

struct soft_certificate {
  int version = 3;
  std::string country = "SE"; // empty: none, as with the others
  std::string organization = "Soft Authenticators";
  std::string unit = "Authenticator Attestation";
  std::string second_unit = {}; // a second value beside it
  std::string common_name = "Soft Attestation";
  bool is_authority = false;
  bool has_constraints = true;
  std::optional<std::string> aaguid = {}; // 16 bytes; nothing: no extension names it
  bool is_aaguid_critical = false;
  bool has_aaguid_twice = false;
};

/// In DER, of that key and signed with it.
std::string certificate_of(const soft_key& key, const soft_certificate& content);

} // namespace latchkey::test
