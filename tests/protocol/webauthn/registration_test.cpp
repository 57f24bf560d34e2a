#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/ceremony.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"
#include "tests/support/cbor_writer.hpp"

#include <gtest/gtest.h>

namespace latchkey::webauthn {
namespace {

using latchkey::test::cbor_map;
using latchkey::test::cbor_number;
using latchkey::test::cbor_text;

class WebauthnRegistration : public testing::Test, protected test::ceremony_fixture {};

TEST_F(WebauthnRegistration, RefusesAnotherType) {
  for (const char* type : {"webauthn.get", "webauthn.Create", "webauthn.create ", "payment.get"}) {
    behaviour().type = type;
    EXPECT_EQ(create_and_judge(), "wrong_type") << type;
  }
}

TEST_F(WebauthnRegistration, RefusesAnotherChallenge) {
  for (const auto& challenge : {std::string{}, std::string(31, 'c'), std::string(33, 'c'),
                                std::string(31, 'c') + 'd', std::string(32, 'r')}) {
    behaviour().challenge = challenge;
    EXPECT_EQ(create_and_judge(), "wrong_challenge") << challenge;
  }
}

TEST_F(WebauthnRegistration, RefusesAChallengeInAnotherForm) {
  auto response = create();
  auto& json = response.client_data_json;
  const auto challenge = base64url_encode(creation.challenge);
  json.replace(json.find(challenge), challenge.size(), challenge + "=");
  EXPECT_EQ(test::verdict(judge(response)), "wrong_challenge");
}

TEST_F(WebauthnRegistration, RefusesEveryChallengeWhenNoneWasMade) {
  behaviour().challenge = "";
  creation.challenge = "";
  EXPECT_EQ(create_and_judge(), "wrong_challenge");
}

TEST_F(WebauthnRegistration, RefusesAnotherOrigin) {
  for (const char* origin :
       {"http://example.org", "https://example.org:8443", "https://example.org/",
        "https://EXAMPLE.org", "https://login.example.org", "https://example.org.example.com",
        "https://example.or", "https://example.com", "null", "", "android:apk-key-hash:AAAA"}) {
    behaviour().origin = origin;
    EXPECT_EQ(create_and_judge(), "wrong_origin") << origin;
  }
  behaviour().origin = "https://www.example.org";
  EXPECT_EQ(create_and_judge(), "accepted");
  expected.origins.clear();
  EXPECT_EQ(create_and_judge(), "wrong_origin");
}

TEST_F(WebauthnRegistration, RefusesFramesOfOtherSites) {
  behaviour().is_cross_origin = true;
  EXPECT_EQ(create_and_judge(), "cross_origin");
  // A browser says both; one of them is enough.
  behaviour().top_origin = "https://example.com";
  EXPECT_EQ(create_and_judge(), "cross_origin");
  behaviour().is_cross_origin = false;
  EXPECT_EQ(create_and_judge(), "cross_origin");
  behaviour().is_cross_origin = std::nullopt;
  behaviour().top_origin = std::nullopt;
  EXPECT_EQ(create_and_judge(), "accepted");
}

TEST_F(WebauthnRegistration, AllowsFramesOfThoseSitesThatAreNamed) {
  expected.allows_cross_origin = true;
  expected.top_origins = {"https://example.com"};
  behaviour().is_cross_origin = true;
  EXPECT_EQ(create_and_judge(), "accepted"); // a browser that does not tell of which
  behaviour().top_origin = "https://example.com";
  EXPECT_EQ(create_and_judge(), "accepted");
  behaviour().top_origin = "https://example.net";
  EXPECT_EQ(create_and_judge(), "wrong_top_origin");
}

TEST_F(WebauthnRegistration, RefusesAnotherRpId) {
  for (const char* rp_id : {"", "example.com", "Example.org", "www.example.org", "org"}) {
    behaviour().rp_id = rp_id;
    EXPECT_EQ(create_and_judge(), "wrong_rp_id") << rp_id;
  }
}

TEST_F(WebauthnRegistration, RefusesAnAbsentUser) {
  behaviour().is_user_present = false;
  EXPECT_EQ(create_and_judge(), "not_present");
  expected.requires_user_presence = false;
  EXPECT_EQ(create_and_judge(), "accepted");
}

TEST_F(WebauthnRegistration, RefusesAnUnverifiedUserWhenVerificationIsRequired) {
  behaviour().is_user_verified = false;
  EXPECT_EQ(create_and_judge(), "accepted");
  expected.requires_user_verification = true;
  EXPECT_EQ(create_and_judge(), "not_verified");
  behaviour().is_user_verified = true;
  EXPECT_EQ(create_and_judge(), "accepted");
}

TEST_F(WebauthnRegistration, RefusesABackupThatIsNotPossible) {
  behaviour().is_backed_up = true;
  EXPECT_EQ(create_and_judge(), "backed_up_but_not_eligible");
}

TEST_F(WebauthnRegistration, RefusesAnAlgorithmThatWasNotOffered) {
  for (const auto algorithm : known_algorithms) {
    behaviour().algorithm = algorithm;
    expected.algorithms = {known_algorithms.begin(), known_algorithms.end()};
    EXPECT_EQ(create_and_judge(), "accepted");
    std::erase(expected.algorithms, algorithm);
    EXPECT_EQ(create_and_judge(), "unknown_algorithm");
  }
}

TEST_F(WebauthnRegistration, RefusesTheIdOfAnotherCredential) {
  auto response = create();
  response.credential_id.back() = static_cast<char>(response.credential_id.back() + 1);
  EXPECT_EQ(test::verdict(judge(response)), "other_credential");
  response.credential_id.clear();
  EXPECT_EQ(test::verdict(judge(response)), "other_credential");
}

TEST_F(WebauthnRegistration, RefusesALongCredentialId) {
  behaviour().credential_id_bytes = 1023;
  auto response = create();
  EXPECT_EQ(test::verdict(judge(response)), "accepted");
  behaviour().credential_id_bytes = 1024;
  // In JSON it is refused before.
  auto object = authenticator.create(to_json(creation));
  EXPECT_EQ(parse_registration_response(object).error().field, "rawId");
  const auto from = object.find("\"attestationObject\":\"") + 21;
  response.attestation_object =
      base64url_decode(object.substr(from, object.find('"', from) - from)).value();
  EXPECT_EQ(test::verdict(judge(response)), "long_credential_id");
}

TEST_F(WebauthnRegistration, RefusesAnAssertionsData) {
  auto response = create();
  const auto assertion = get();
  response.attestation_object =
      cbor_map({{cbor_text("fmt"), cbor_text("none")},
                {cbor_text("attStmt"), cbor_map({})},
                {cbor_text("authData"), latchkey::test::cbor_bytes(assertion.authenticator_data)}});
  EXPECT_EQ(test::verdict(judge(response)), "malformed_authenticator_data");
}

TEST_F(WebauthnRegistration, RefusesAKeyThatAnybodyCanSignFor) {
  behaviour().algorithm = cose_algorithm::eddsa;
  auto response = create();
  const auto key = authenticator.credentials.back().key.cose();
  auto& object = response.attestation_object;
  ASSERT_EQ(test::verdict(judge(response)), "accepted");
  const auto neutral = latchkey::test::cose_eddsa('\1' + std::string(31, '\0'));
  object.replace(object.find(key), key.size(), neutral);
  EXPECT_EQ(test::verdict(judge(response)), "malformed_public_key");
}

TEST_F(WebauthnRegistration, RefusesClientDataThatIsNone) {
  auto response = create();
  for (const auto& json : {std::string{}, std::string{"{}"}, response.client_data_json + "x"}) {
    response.client_data_json = json;
    EXPECT_EQ(test::verdict(judge(response)), "malformed_client_data");
  }
}

TEST_F(WebauthnRegistration, GivesWhatIsToBeStored) {
  behaviour().is_backup_eligible = true;
  behaviour().is_backed_up = true;
  behaviour().extensions = cbor_map({{cbor_text("credProtect"), cbor_number(2)}});
  behaviour().transports = {"internal", "cable", "usb", "usb", "USB", ""};
  const auto response = create();
  const auto made = judge(response).value();
  const auto& credential = authenticator.credentials.back();
  EXPECT_EQ(made.credential_id, credential.id);
  EXPECT_EQ(made.public_key, credential.key.cose());
  EXPECT_EQ(made.algorithm, cose_algorithm::es256);
  EXPECT_EQ(made.sign_count, 0U);
  EXPECT_EQ(made.aaguid, authenticator.aaguid);
  EXPECT_TRUE(made.is_backup_eligible);
  EXPECT_TRUE(made.is_backed_up);
  EXPECT_TRUE(made.is_user_verified);
  EXPECT_EQ(made.attestation, attestation_kind::none);
  EXPECT_EQ(made.transports, (std::vector<std::string>{"usb", "internal"}));
  EXPECT_EQ(made.is_discoverable, true);
}

} // namespace
} // namespace latchkey::webauthn
