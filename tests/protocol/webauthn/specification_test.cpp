// specification_test.cpp — the examples of WebAuthn Level 3, section 16.
#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/ceremony.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"
#include "tests/protocol/webauthn/specification_refusals.hpp"
#include "tests/protocol/webauthn/specification_vectors.hpp"

#include <gtest/gtest.h>
#include <map>

namespace latchkey::webauthn {
namespace {

using test::accepted_vectors;
using test::refused_vectors;
using test::specification_vector;

std::string bytes_of_hex(std::string_view hex) {
  return from_hex(hex).value();
}

expectations expectations_of_vectors(std::string_view challenge) {
  expectations expected;
  expected.challenge = bytes_of_hex(challenge);
  expected.origins = {"https://example.org"};
  expected.rp_id = "example.org";
  expected.allows_cross_origin = true;
  expected.top_origins = {"https://example.com"};
  return expected;
}

/// The credential id as the browser would say it beside: the one that is within.
registration_response registration_of(const specification_vector& vector) {
  registration_response response;
  response.client_data_json = bytes_of_hex(vector.creation_client_data);
  response.attestation_object = bytes_of_hex(vector.attestation_object);
  const auto object = parse_attestation_object(response.attestation_object).value();
  const auto data = parse_authenticator_data(object.authenticator_data).value();
  response.credential_id = data.attested.value().credential_id;
  return response;
}

tl::expected<new_passkey, refusal> register_vector(const specification_vector& vector) {
  return verify_registration(expectations_of_vectors(vector.creation_challenge),
                             registration_of(vector));
}

assertion_response assertion_of(const specification_vector& vector, const new_passkey& passkey) {
  return {passkey.credential_id, bytes_of_hex(vector.request_client_data),
          bytes_of_hex(vector.authenticator_data), bytes_of_hex(vector.signature)};
}

stored_passkey stored(const new_passkey& passkey) {
  return {passkey.credential_id, passkey.public_key, passkey.sign_count, passkey.is_backup_eligible,
          "user"};
}

TEST(WebauthnSpecification, RefusalsAreThoseOfWhatIsNotSupported) {
  const std::map<std::string_view, std::string_view> refusals{
      {"packed-es384", "unknown_algorithm"},        {"packed-es512", "unknown_algorithm"},
      {"packed-ed448", "unknown_algorithm"},        {"tpm-es256", "unknown_attestation"},
      {"android-key-es256", "unknown_attestation"}, {"apple-es256", "unknown_attestation"},
      {"fido-u2f-es256", "unknown_attestation"}};
  ASSERT_EQ(refused_vectors.size(), refusals.size());
  for (const auto& vector : refused_vectors)
    EXPECT_EQ(test::verdict(register_vector(vector)), refusals.at(vector.name)) << vector.name;
}

TEST(WebauthnSpecification, RegistrationsAndAssertionsHold) {
  ASSERT_EQ(accepted_vectors.size(), 8U);
  for (const auto& vector : accepted_vectors) {
    const auto made = register_vector(vector);
    ASSERT_EQ(test::verdict(made), "accepted") << vector.name;
    const auto used = verify_assertion(expectations_of_vectors(vector.request_challenge),
                                       assertion_of(vector, *made), stored(*made));
    ASSERT_EQ(test::verdict(used), "accepted") << vector.name;
    EXPECT_EQ(used->sign_count, 0U);
  }
}

TEST(WebauthnSpecification, RegistrationsSayWhatWasRegistered) {
  const auto passkey_of_vector = [](std::string_view name) {
    for (const auto& vector : accepted_vectors)
      if (vector.name == name) return register_vector(vector).value();
    throw std::logic_error("there is no such example");
  };
  const auto none = passkey_of_vector("none-es256");
  EXPECT_EQ(none.attestation, attestation_kind::none);
  EXPECT_EQ(none.algorithm, cose_algorithm::es256);
  EXPECT_EQ(to_hex(none.aaguid), "8446ccb9ab1db374750b2367ff6f3a1f");
  EXPECT_EQ(to_hex(none.credential_id),
            "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4");
  EXPECT_FALSE(none.is_user_verified);
  EXPECT_TRUE(none.is_backup_eligible);
  EXPECT_TRUE(none.is_backed_up);
  const auto self = passkey_of_vector("packed-self-es256");
  EXPECT_EQ(self.attestation, attestation_kind::self);
  EXPECT_TRUE(self.is_user_verified);
  EXPECT_TRUE(self.is_backup_eligible);
  EXPECT_TRUE(self.is_backed_up);
  EXPECT_EQ(passkey_of_vector("packed-es256").attestation, attestation_kind::basic);
  EXPECT_EQ(passkey_of_vector("packed-rs256").algorithm, cose_algorithm::rs256);
  EXPECT_EQ(passkey_of_vector("packed-eddsa").algorithm, cose_algorithm::eddsa);
  EXPECT_EQ(passkey_of_vector("none-es256-long-credential-id").credential_id.size(), 1023U);
}

TEST(WebauthnSpecification, FramesOfOtherSitesAreRefusedUnlessTheyAreAllowed) {
  for (const auto& vector : accepted_vectors) {
    auto expected = expectations_of_vectors(vector.creation_challenge);
    expected.allows_cross_origin = false;
    const bool is_framed = vector.name.ends_with("Origin");
    EXPECT_EQ(test::verdict(verify_registration(expected, registration_of(vector))),
              is_framed ? "cross_origin" : "accepted")
        << vector.name;
  }
}

TEST(WebauthnSpecification, SignaturesHoldForTheirOwnAssertionAlone) {
  for (const auto& vector : accepted_vectors)
    for (const auto& other : accepted_vectors) {
      if (vector.name == other.name) continue;
      const auto made = register_vector(vector).value();
      auto response = assertion_of(vector, made);
      response.signature = bytes_of_hex(other.signature);
      EXPECT_EQ(test::verdict(verify_assertion(expectations_of_vectors(vector.request_challenge),
                                               response, stored(made))),
                "wrong_signature")
          << vector.name << " " << other.name;
    }
}

} // namespace
} // namespace latchkey::webauthn
