// ceremony_fixture.hpp — a relying party that asks a soft authenticator and judges its answers.
#pragma once

#include "protocol/webauthn/ceremony.hpp"
#include "protocol/webauthn/json.hpp"
#include "tests/support/soft_authenticator.hpp"

#include <string>
#include <tl/expected.hpp>

namespace latchkey::webauthn::test {

using latchkey::test::soft_authenticator;
using latchkey::test::soft_behaviour;
using latchkey::test::soft_credential;
using latchkey::test::soft_key;

/// What a ceremony came to: "accepted", or the refusal's name.
template <class T>
std::string verdict(const tl::expected<T, refusal>& result) {
  return result ? "accepted" : std::string{to_string(result.error())};
}

/// One of the relying party's sides of both ceremonies. Its members may be changed before a call.
class ceremony_fixture {
public:
  ceremony_fixture() {
    creation.rp = {"example.org", "Example"};
    creation.user = {std::string("user\0handle", 11), "alice", "Alice"};
    creation.challenge = std::string(challenge_bytes, 'c');
    creation.algorithms = {cose_algorithm::es256, cose_algorithm::eddsa, cose_algorithm::rs256};
    request.rp_id = "example.org";
    request.challenge = std::string(challenge_bytes, 'r');
    expected.origins = {"https://www.example.org", "https://example.org"};
    expected.rp_id = "example.org";
  }

  soft_authenticator authenticator;
  creation_options creation;
  request_options request;
  expectations expected; // the challenge is that of the ceremony's options

  soft_behaviour& behaviour() { return authenticator.behaviour; }

  registration_response create() {
    return parse_registration_response(authenticator.create(to_json(creation))).value();
  }
  assertion_response get() {
    return parse_assertion_response(authenticator.get(to_json(request))).value();
  }
  tl::expected<new_passkey, refusal> judge(const registration_response& response) {
    expected.challenge = creation.challenge;
    return verify_registration(expected, response);
  }
  tl::expected<used_passkey, refusal> judge(const assertion_response& response,
                                            const stored_passkey& passkey) {
    expected.challenge = request.challenge;
    return verify_assertion(expected, response, passkey);
  }

  /// A new passkey, made by the authenticator as it behaves now, as it is stored.
  stored_passkey register_passkey() {
    const auto made = judge(create()).value();
    return {made.credential_id, made.public_key, made.sign_count, made.is_backup_eligible,
            creation.user.id};
  }
  std::string create_and_judge() { return verdict(judge(create())); }
  std::string get_and_judge(const stored_passkey& passkey) {
    return verdict(judge(get(), passkey));
  }
};

} // namespace latchkey::webauthn::test
