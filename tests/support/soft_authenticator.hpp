// soft_authenticator.hpp — an authenticator with its browser, as a program: it answers what
// `navigator.credentials.create` and `get` are called with (WebAuthn Level 3, section 5.1).
#pragma once

#include "tests/support/soft_certificate.hpp"
#include "tests/support/soft_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

/// What it says, true or not. It signs whatever it says.
struct soft_behaviour {
  // The browser's part.
  std::string origin = "https://example.org";
  std::string type = {};                       // empty: that of the ceremony
  std::optional<std::string> challenge = {};   // bytes; nothing: the one that it is asked with
  std::optional<bool> is_cross_origin = false; // nothing: it does not say
  std::optional<std::string> top_origin = {};
  std::vector<std::string> transports{"internal", "hybrid"};

  // The authenticator's.
  std::optional<webauthn::cose_algorithm> algorithm = {}; // nothing: the first that is offered
  std::optional<std::string> rp_id = {};                  // nothing: the one that it is asked for
  bool is_user_present = true;
  bool is_user_verified = true;
  bool is_backup_eligible = false;
  bool is_backed_up = false;
  std::uint32_t counter_step = 1; // 0: it has no counter
  std::string extensions = {};    // a CBOR map; empty: none
  bool tells_user = true;         // whether an assertion has a user handle
  std::size_t credential_id_bytes = 32;

  // Attestation.
  enum class attestation_form : std::uint8_t { none, self, basic };
  attestation_form attestation = attestation_form::none;
  std::optional<std::int64_t> attestation_algorithm = {}; // nothing: that of the key
  webauthn::cose_algorithm certificate_algorithm = webauthn::cose_algorithm::es256;
  soft_certificate certificate = {};
};

struct soft_credential {
  std::string id;
  std::string rp_id;
  std::string user_handle;
  soft_key key;
  std::uint32_t counter = 0;
};

/// A call that a browser would reject throws std::runtime_error: without a credential to answer
/// with, or with one that is excluded.
class soft_authenticator {
public:
  soft_behaviour behaviour;
  std::string aaguid = std::string("soft\0authentic\0r", 16);
  std::vector<soft_credential> credentials; // the latest last, which answers first

  /// PublicKeyCredentialCreationOptionsJSON to RegistrationResponseJSON.
  std::string create(std::string_view options_json);
  /// PublicKeyCredentialRequestOptionsJSON to AuthenticationResponseJSON.
  std::string get(std::string_view options_json);

private:
  std::string client_data(std::string_view type, const std::string& challenge) const;
  std::string authenticator_data(const soft_credential& credential, bool is_new) const;
  std::string statement(const soft_credential& credential, std::string_view signed_bytes) const;
};

} // namespace latchkey::test
