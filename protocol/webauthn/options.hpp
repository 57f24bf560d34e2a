// options.hpp — what a browser is asked for (WebAuthn Level 3, sections 5.4 and 5.5). Ids and
// challenges are bytes here; base64url stands only in JSON (json.hpp).
#pragma once

#include "protocol/webauthn/public_key.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::webauthn {

/// "Cryptographic Challenges" in section 13 asks for 16 at least.
inline constexpr std::size_t challenge_bytes = 32;
/// Section 5.4.3.
inline constexpr std::size_t user_handle_bytes_max = 64;

/// Sections 5.4.6 and 5.8.6.
enum class requirement : std::uint8_t { discouraged, preferred, required };

struct relying_party {
  std::string id; // a domain: "example.org"
  std::string name;
};

struct user_entity {
  std::string id; // the user handle: 1 to 64 bytes that say nothing of the person
  std::string name;
  std::string display_name;
};

struct credential_descriptor {
  std::string id;
  std::vector<std::string> transports = {};
};

struct creation_options {
  relying_party rp;
  user_entity user;
  std::string challenge;
  std::vector<cose_algorithm> algorithms{known_algorithms.begin(), known_algorithms.end()};
  std::chrono::milliseconds timeout{300'000};
  std::vector<credential_descriptor> excluded = {}; // those that the user has already
  requirement resident_key = requirement::required;
  requirement user_verification = requirement::preferred;
};

struct request_options {
  std::string rp_id;
  std::string challenge;
  std::chrono::milliseconds timeout{300'000};
  std::vector<credential_descriptor> allowed = {}; // none: whichever the user chooses
  requirement user_verification = requirement::preferred;
};

} // namespace latchkey::webauthn
