#include "protocol/webauthn/authenticator_data.hpp"

#include "tests/support/cbor_writer.hpp"
#include "tests/support/soft_key.hpp"

#include <gtest/gtest.h>

namespace latchkey::webauthn {
namespace {

using latchkey::test::cbor_bytes;
using latchkey::test::cbor_map;
using latchkey::test::cbor_number;
using latchkey::test::cbor_text;

/// 37 bytes with those flags and a count of 0x01020304.
std::string fixed_part(unsigned flags) {
  return std::string(32, 'h') + static_cast<char>(flags) + "\x01\x02\x03\x04";
}

std::string attested_part(std::size_t id_size, std::string_view key) {
  std::string out(aaguid_bytes, 'a');
  out += static_cast<char>(id_size >> 8U);
  out += static_cast<char>(id_size & 0xFFU);
  return out + std::string(id_size, 'i') + std::string{key};
}

std::string some_key() {
  return latchkey::test::cose_eddsa(std::string(32, 'k'));
}

std::string verdict_on(std::string_view bytes) {
  const auto parsed = parse_authenticator_data(bytes);
  return parsed ? "accepted" : std::string{to_string(parsed.error())};
}

TEST(WebauthnAuthenticatorData, CutOffAnywhereIsRefused) {
  const auto whole =
      fixed_part(0xC1) + attested_part(16, some_key()) + cbor_map({{cbor_text("x"), "\xF5"}});
  EXPECT_EQ(verdict_on(whole), "accepted");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(verdict_on(whole.substr(0, size)), "malformed_authenticator_data") << size;
}

TEST(WebauthnAuthenticatorData, BytesBehindItAreRefused) {
  const auto attested = attested_part(16, some_key());
  EXPECT_EQ(verdict_on(fixed_part(0x01) + "x"), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x01) + attested), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested + "x"), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested + cbor_map({})), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x81) + cbor_map({}) + "x"), "malformed_authenticator_data");
}

TEST(WebauthnAuthenticatorData, FlagsOfWhatIsNotThereAreRefused) {
  EXPECT_EQ(verdict_on(fixed_part(0x41)), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x81)), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0xC1) + attested_part(16, some_key())),
            "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x81) + cbor_bytes("x")), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x81) + "\xBF\xFF"), "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested_part(16, cbor_bytes("no map"))),
            "malformed_authenticator_data");
}

TEST(WebauthnAuthenticatorData, BackedUpWithoutBeingEligibleIsRefused) {
  EXPECT_EQ(verdict_on(fixed_part(0x11)), "backed_up_but_not_eligible");
  EXPECT_EQ(verdict_on(fixed_part(0x19)), "accepted");
  EXPECT_EQ(verdict_on(fixed_part(0x09)), "accepted");
}

TEST(WebauthnAuthenticatorData, CredentialIdsHaveOneTo1023Bytes) {
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested_part(0, some_key())),
            "malformed_authenticator_data");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested_part(1, some_key())), "accepted");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested_part(1023, some_key())), "accepted");
  EXPECT_EQ(verdict_on(fixed_part(0x41) + attested_part(1024, some_key())), "long_credential_id");
}

TEST(WebauthnAuthenticatorData, GivesEveryPart) {
  const auto extensions = cbor_map({{cbor_text("credProtect"), cbor_number(2)}});
  const auto bytes = fixed_part(0xDD) + attested_part(3, some_key()) + extensions;
  const auto parsed = parse_authenticator_data(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rp_id_hash, std::string(32, 'h'));
  EXPECT_TRUE(parsed->is_user_present);
  EXPECT_TRUE(parsed->is_user_verified);
  EXPECT_TRUE(parsed->is_backup_eligible);
  EXPECT_TRUE(parsed->is_backed_up);
  EXPECT_EQ(parsed->sign_count, 0x01020304U);
  ASSERT_TRUE(parsed->attested);
  EXPECT_EQ(parsed->attested->aaguid, std::string(aaguid_bytes, 'a'));
  EXPECT_EQ(parsed->attested->credential_id, "iii");
  EXPECT_EQ(parsed->attested->public_key, some_key());
  EXPECT_EQ(parsed->extensions, extensions);
}

TEST(WebauthnAuthenticatorData, ReservedFlagsDoNotMatter) {
  const auto bytes = fixed_part(0x22);
  const auto parsed = parse_authenticator_data(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->is_user_present || parsed->is_user_verified || parsed->is_backup_eligible ||
               parsed->is_backed_up || parsed->attested);
  EXPECT_EQ(parsed->extensions, "");
}

} // namespace
} // namespace latchkey::webauthn
