#include "protocol/tokens/sha256.hpp"
#include "protocol/webauthn/ceremony.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"
#include "tests/support/cbor_writer.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace latchkey::webauthn {
namespace {

class WebauthnAssertion : public testing::Test, protected test::ceremony_fixture {
protected:
  stored_passkey passkey = register_passkey();
};

TEST_F(WebauthnAssertion, RefusesACounterThatWentBack) {
  passkey.sign_count = 7;
  for (const std::uint32_t counter : {0U, 1U, 6U, 7U}) {
    behaviour().counter_step = 0;
    authenticator.credentials.back().counter = counter;
    EXPECT_EQ(get_and_judge(passkey), "counter_went_back") << counter;
  }
  for (const std::uint32_t counter : {8U, 9U, std::numeric_limits<std::uint32_t>::max()}) {
    authenticator.credentials.back().counter = counter;
    const auto used = judge(get(), passkey);
    ASSERT_EQ(test::verdict(used), "accepted") << counter;
    EXPECT_EQ(used->sign_count, counter);
  }
  passkey.sign_count = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(get_and_judge(passkey), "counter_went_back");
}

TEST_F(WebauthnAssertion, AllowsAnAuthenticatorWithoutACounter) {
  behaviour().counter_step = 0;
  EXPECT_EQ(get_and_judge(passkey), "accepted");
  EXPECT_EQ(get_and_judge(passkey), "accepted");
}

TEST_F(WebauthnAssertion, TellsOfTheCounterOnlyWhatIsSigned) {
  passkey.sign_count = 7;
  auto response = get();
  response.signature.back() = static_cast<char>(response.signature.back() ^ 1);
  EXPECT_EQ(test::verdict(judge(response, passkey)), "wrong_signature");
}

TEST_F(WebauthnAssertion, RefusesAnotherType) {
  for (const char* type : {"webauthn.create", "webauthn.get ", "Webauthn.get", "payment.get"}) {
    behaviour().type = type;
    EXPECT_EQ(get_and_judge(passkey), "wrong_type") << type;
  }
}

TEST_F(WebauthnAssertion, RefusesAnotherChallenge) {
  for (const auto& challenge : {std::string{}, std::string(31, 'r'), std::string(33, 'r'),
                                std::string(32, 'c'), std::string(32, '\0')}) {
    behaviour().challenge = challenge;
    EXPECT_EQ(get_and_judge(passkey), "wrong_challenge") << challenge;
  }
}

TEST_F(WebauthnAssertion, RefusesAnotherOrigin) {
  for (const char* origin : {"http://example.org", "https://example.org.", "https://example.com",
                             "https://example.org@example.com", "file://", ""}) {
    behaviour().origin = origin;
    EXPECT_EQ(get_and_judge(passkey), "wrong_origin") << origin;
  }
}

TEST_F(WebauthnAssertion, RefusesFramesOfOtherSites) {
  behaviour().is_cross_origin = true;
  EXPECT_EQ(get_and_judge(passkey), "cross_origin");
  behaviour().is_cross_origin = false;
  behaviour().top_origin = "https://example.org";
  EXPECT_EQ(get_and_judge(passkey), "cross_origin");
  expected.allows_cross_origin = true;
  EXPECT_EQ(get_and_judge(passkey), "wrong_top_origin");
}

TEST_F(WebauthnAssertion, RefusesAnotherRpId) {
  behaviour().rp_id = "example.com";
  EXPECT_EQ(get_and_judge(passkey), "wrong_rp_id");
}

TEST_F(WebauthnAssertion, RefusesAnAbsentUserWhateverARegistrationMay) {
  behaviour().is_user_present = false;
  expected.requires_user_presence = false;
  EXPECT_EQ(get_and_judge(passkey), "not_present");
}

TEST_F(WebauthnAssertion, RefusesAnUnverifiedUserWhenVerificationIsRequired) {
  behaviour().is_user_verified = false;
  const auto used = judge(get(), passkey);
  ASSERT_TRUE(used);
  EXPECT_FALSE(used->is_user_verified);
  expected.requires_user_verification = true;
  EXPECT_EQ(get_and_judge(passkey), "not_verified");
}

TEST_F(WebauthnAssertion, RefusesABackupThatIsNotPossible) {
  behaviour().is_backed_up = true;
  EXPECT_EQ(get_and_judge(passkey), "backed_up_but_not_eligible");
}

TEST_F(WebauthnAssertion, RefusesAnotherBackupEligibilityThanAtRegistration) {
  behaviour().is_backup_eligible = true;
  EXPECT_EQ(get_and_judge(passkey), "backup_changed");
  passkey.is_backup_eligible = true;
  EXPECT_EQ(get_and_judge(passkey), "accepted");
  behaviour().is_backup_eligible = false;
  EXPECT_EQ(get_and_judge(passkey), "backup_changed");
}

TEST_F(WebauthnAssertion, FollowsABackupThatIsMade) {
  passkey.is_backup_eligible = true;
  behaviour().is_backup_eligible = true;
  EXPECT_FALSE(judge(get(), passkey).value().is_backed_up);
  behaviour().is_backed_up = true;
  EXPECT_TRUE(judge(get(), passkey).value().is_backed_up);
}

TEST_F(WebauthnAssertion, RefusesASignatureWithAnyByteChanged) {
  const auto response = get();
  ASSERT_EQ(test::verdict(judge(response, passkey)), "accepted");
  for (std::size_t i = 0; i < response.signature.size(); ++i) {
    auto changed = response;
    changed.signature[i] = static_cast<char>(changed.signature[i] ^ 0x20);
    EXPECT_EQ(test::verdict(judge(changed, passkey)), "wrong_signature") << i;
  }
  auto none = response;
  none.signature.clear();
  EXPECT_EQ(test::verdict(judge(none, passkey)), "wrong_signature");
}

TEST_F(WebauthnAssertion, RefusesASignatureByAnotherKey) {
  auto other = passkey;
  for (const auto algorithm : known_algorithms) {
    behaviour().algorithm = algorithm;
    other.public_key = register_passkey().public_key;
    authenticator.credentials.pop_back();
    EXPECT_EQ(get_and_judge(other), "wrong_signature");
  }
}

TEST_F(WebauthnAssertion, RefusesAStoredKeyOfAConfusedAlgorithm) {
  // The same bytes under another algorithm's number, which stands at their fifth byte.
  const auto at = passkey.public_key.find('\x26'); // -7
  ASSERT_EQ(at, 4U);
  passkey.public_key[at] = '\x27'; // -8
  EXPECT_EQ(get_and_judge(passkey), "malformed_public_key");
  passkey.public_key[at] = '\x22'; // -3
  EXPECT_EQ(get_and_judge(passkey), "unknown_algorithm");
}

TEST_F(WebauthnAssertion, RefusesASignatureOverSomethingElse) {
  const auto& key = authenticator.credentials.back().key;
  auto response = get();
  const auto signed_otherwise = [&](const std::string& message) {
    response.signature = key.sign(message);
    return test::verdict(judge(response, passkey));
  };
  const auto hash = sha256(response.client_data_json);
  EXPECT_EQ(signed_otherwise(response.authenticator_data + hash), "accepted");
  EXPECT_EQ(signed_otherwise(hash + response.authenticator_data), "wrong_signature");
  EXPECT_EQ(signed_otherwise(response.authenticator_data), "wrong_signature");
  EXPECT_EQ(signed_otherwise(hash), "wrong_signature");
  EXPECT_EQ(signed_otherwise(response.authenticator_data + response.client_data_json),
            "wrong_signature");
}

TEST_F(WebauthnAssertion, RefusesAnotherCredential) {
  const auto second = register_passkey();
  const auto response = get(); // by the second
  EXPECT_EQ(test::verdict(judge(response, second)), "accepted");
  EXPECT_EQ(test::verdict(judge(response, passkey)), "other_credential");
  auto renamed = response;
  renamed.credential_id = passkey.credential_id;
  EXPECT_EQ(test::verdict(judge(renamed, passkey)), "wrong_signature");
}

TEST_F(WebauthnAssertion, RefusesTheHandleOfAnotherUser) {
  auto response = get();
  ASSERT_EQ(response.user_handle, creation.user.id);
  for (const auto& handle :
       {std::string{"another user"}, std::string{"user"}, creation.user.id + "x"}) {
    response.user_handle = handle;
    EXPECT_EQ(test::verdict(judge(response, passkey)), "other_user") << handle;
  }
}

TEST_F(WebauthnAssertion, TakesWhatAnotherSystemHasGivenAPasskeyOfItsOwn) {
  behaviour().is_backup_eligible = true;
  auto response = get();
  response.user_handle = "the name there";
  passkey.user_handle.reset();
  EXPECT_EQ(test::verdict(judge(response, passkey)), "backup_changed");
  passkey.is_backup_eligible.reset();
  EXPECT_EQ(test::verdict(judge(response, passkey)), "accepted");
  response.signature.back() = static_cast<char>(response.signature.back() ^ 1);
  EXPECT_EQ(test::verdict(judge(response, passkey)), "wrong_signature");
}

TEST_F(WebauthnAssertion, RefusesToFindAUserWithoutAHandle) {
  behaviour().tells_user = false;
  EXPECT_EQ(get_and_judge(passkey), "accepted");
  expected.requires_user_handle = true;
  EXPECT_EQ(get_and_judge(passkey), "no_user");
  behaviour().tells_user = true;
  EXPECT_EQ(get_and_judge(passkey), "accepted");
}

TEST_F(WebauthnAssertion, RefusesAuthenticatorDataThatIsCutOffOrGoesOn) {
  auto response = get();
  const auto whole = response.authenticator_data;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    response.authenticator_data = whole.substr(0, size);
    EXPECT_EQ(test::verdict(judge(response, passkey)), "malformed_authenticator_data") << size;
  }
  response.authenticator_data = whole + '\0';
  EXPECT_EQ(test::verdict(judge(response, passkey)), "malformed_authenticator_data");
}

TEST_F(WebauthnAssertion, HoldsForEveryAlgorithm) {
  for (const auto algorithm : known_algorithms) {
    behaviour().algorithm = algorithm;
    const auto made = register_passkey();
    const auto used = judge(get(), made);
    ASSERT_EQ(test::verdict(used), "accepted");
    EXPECT_EQ(used->sign_count, 1U);
    EXPECT_TRUE(used->is_user_verified);
    EXPECT_FALSE(used->is_backed_up);
  }
}

TEST_F(WebauthnAssertion, HoldsWithExtensions) {
  behaviour().extensions = latchkey::test::cbor_map(
      {{latchkey::test::cbor_text("uvm"),
        latchkey::test::cbor_list({latchkey::test::cbor_list({latchkey::test::cbor_number(2)})})}});
  EXPECT_EQ(get_and_judge(passkey), "accepted");
}

} // namespace
} // namespace latchkey::webauthn
