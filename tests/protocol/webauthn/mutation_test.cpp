// mutation_test.cpp — answers that were changed at random: nothing that is signed may be changed.
#include "protocol/webauthn/ceremony.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace latchkey::webauthn {
namespace {

constexpr int rounds = 20'000;

class WebauthnMutation : public testing::Test, protected test::ceremony_fixture {
protected:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(numbers);
  }

  /// One change at some place: a bit, a byte, a byte more or less, two that change places, a part
  /// twice, or the end cut off.
  void change_once(std::string& bytes) {
    // Those that mean something in CBOR, DER or JSON.
    static constexpr std::array<unsigned char, 12> telling{0x00, 0xFF, 0x7F, 0x80, 0x9F, 0xBF,
                                                           0x5B, 0x5F, 0xA3, '"',  '\\', '{'};
    if (bytes.empty()) {
      bytes += 'x';
      return;
    }
    const auto at = below(bytes.size());
    switch (below(8)) {
    case 0:
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      return;
    case 2:
      bytes[at] = static_cast<char>(below(256));
      return;
    case 3:
      bytes[at] = static_cast<char>(telling[below(telling.size())]);
      return;
    case 4:
      bytes.insert(at, 1, static_cast<char>(below(256)));
      return;
    case 5:
      bytes.erase(at, 1 + below(4));
      return;
    case 6:
      std::swap(bytes[at], bytes[below(bytes.size())]);
      return;
    default:
      if (below(2) == 0)
        bytes.insert(at, bytes.substr(at, 1 + below(16)));
      else
        bytes.resize(at);
    }
  }

  /// Until it differs, seldom more than once.
  std::string changed(const std::string& original) {
    auto bytes = original;
    do
      change_once(bytes);
    while (bytes == original || below(4) == 0);
    return bytes;
  }

  std::mt19937_64 numbers{20'260'517};
};

TEST_F(WebauthnMutation, OfARegistrationThatIsSignedIsNeverAccepted) {
  behaviour().attestation = test::soft_behaviour::attestation_form::self;
  const auto original = create();
  ASSERT_EQ(test::verdict(judge(original)), "accepted");
  std::set<std::string> refusals;
  for (int round = 0; round < rounds; ++round) {
    auto response = original;
    auto& part = below(2) == 0 ? response.client_data_json : response.attestation_object;
    part = changed(part);
    const auto verdict = test::verdict(judge(response));
    ASSERT_NE(verdict, "accepted") << round;
    refusals.insert(verdict);
  }
  EXPECT_GE(refusals.size(), 10U);
}

TEST_F(WebauthnMutation, OfARegistrationWithoutAttestationChangesNoneOfItsChecks) {
  const auto original = create();
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    auto response = original;
    response.attestation_object = changed(response.attestation_object);
    const auto made = judge(response);
    if (!made) continue;
    ++accepted;
    EXPECT_EQ(made->credential_id, original.credential_id);
    EXPECT_TRUE(public_key::parse(made->public_key));
  }
  // The AAGUID, the counter and some flags: nobody has signed them.
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, rounds / 4);
}

TEST_F(WebauthnMutation, OfAnAssertionIsNeverAccepted) {
  const auto passkey = register_passkey();
  const auto original = get();
  ASSERT_EQ(test::verdict(judge(original, passkey)), "accepted");
  std::set<std::string> refusals;
  for (int round = 0; round < rounds; ++round) {
    auto response = original;
    std::string* const parts[]{&response.client_data_json, &response.authenticator_data,
                               &response.signature, &response.credential_id,
                               &*response.user_handle};
    auto& part = *parts[below(std::size(parts))];
    part = changed(part);
    const auto verdict = test::verdict(judge(response, passkey));
    ASSERT_NE(verdict, "accepted") << round;
    refusals.insert(verdict);
  }
  EXPECT_GE(refusals.size(), 10U);
}

TEST_F(WebauthnMutation, OfAnAnswersJsonChangesNothingThatIsSigned) {
  behaviour().attestation = test::soft_behaviour::attestation_form::self;
  const auto registration = authenticator.create(to_json(creation));
  const auto made = parse_registration_response(registration).value();
  const auto assertion = authenticator.get(to_json(request));
  const auto proven = parse_assertion_response(assertion).value();
  const auto passkey_made = judge(made).value();
  const stored_passkey passkey{passkey_made.credential_id, passkey_made.public_key, 0, false,
                               creation.user.id};
  for (int round = 0; round < rounds; ++round) {
    const auto new_one = parse_registration_response(changed(registration));
    if (new_one && judge(*new_one)) {
      ASSERT_EQ(new_one->credential_id, made.credential_id);
      ASSERT_EQ(new_one->client_data_json, made.client_data_json);
      ASSERT_EQ(new_one->attestation_object, made.attestation_object);
    }
    const auto used = parse_assertion_response(changed(assertion));
    if (used && judge(*used, passkey)) {
      ASSERT_EQ(used->credential_id, proven.credential_id);
      ASSERT_EQ(used->client_data_json, proven.client_data_json);
      ASSERT_EQ(used->authenticator_data, proven.authenticator_data);
      ASSERT_EQ(used->signature, proven.signature);
    }
  }
}

TEST_F(WebauthnMutation, OfBytesThatAreRandomIsNeverAccepted) {
  const auto passkey = register_passkey();
  const auto random_text = [this](std::size_t size_max) {
    std::string bytes(below(size_max + 1), '\0');
    std::generate(bytes.begin(), bytes.end(), [this] { return static_cast<char>(below(256)); });
    return bytes;
  };
  auto registration = create();
  auto assertion = get();
  for (int round = 0; round < rounds; ++round) {
    registration.attestation_object = random_text(200);
    EXPECT_FALSE(judge(registration));
    assertion.authenticator_data = random_text(200);
    EXPECT_FALSE(judge(assertion, passkey));
  }
}

} // namespace
} // namespace latchkey::webauthn
