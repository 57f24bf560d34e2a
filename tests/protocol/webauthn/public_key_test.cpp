#include "protocol/webauthn/public_key.hpp"

#include "protocol/text/text_codec.hpp"
#include "tests/support/cbor_writer.hpp"
#include "tests/support/soft_key.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <string>
#include <vector>

namespace latchkey::webauthn {
namespace {

using latchkey::test::cbor_bytes;
using latchkey::test::cbor_map;
using latchkey::test::cbor_number;
using latchkey::test::cbor_text;
using latchkey::test::cose_eddsa;
using latchkey::test::cose_es256;
using latchkey::test::cose_rs256;
using latchkey::test::soft_key;

using cose_members = std::vector<std::pair<std::string, std::string>>;

/// The base point of P-256 (FIPS 186-4, D.1.2.3).
const std::string base_x =
    from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296").value();
const std::string base_y =
    from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5").value();

std::string key_verdict(std::string_view cose) {
  const auto parsed = public_key::parse_new(cose);
  return parsed ? "accepted" : std::string{to_string(parsed.error())};
}

/// An odd number of so many bits, which need not have two factors to look like a modulus.
std::string number_of_bits(std::size_t bits) {
  std::string number((bits + 7) / 8, '\xFF');
  number.front() = static_cast<char>(0xFFU >> (number.size() * 8 - bits));
  return number;
}

const soft_key& key_of_every_test(cose_algorithm algorithm) {
  static const soft_key eddsa = soft_key::make(cose_algorithm::eddsa);
  static const soft_key es256 = soft_key::make(cose_algorithm::es256);
  static const soft_key rs256 = soft_key::make(cose_algorithm::rs256);
  return algorithm == cose_algorithm::eddsa   ? eddsa
         : algorithm == cose_algorithm::es256 ? es256
                                              : rs256;
}

TEST(WebauthnPublicKey, OfAnUnknownAlgorithmIsRefused) {
  for (const std::int64_t algorithm :
       {0, 7, -6, -9, -19, -35, -36, -37, -39, -47, -53, -258, -65535, 257, 1'000'000'000})
    EXPECT_EQ(key_verdict(cbor_map({{cbor_number(1), cbor_number(2)},
                                    {cbor_number(3), cbor_number(algorithm)},
                                    {cbor_number(-1), cbor_number(1)},
                                    {cbor_number(-2), cbor_bytes(base_x)},
                                    {cbor_number(-3), cbor_bytes(base_y)}})),
              "unknown_algorithm")
        << algorithm;
}

TEST(WebauthnPublicKey, OfAnotherTypeOrCurveThanItsAlgorithmIsRefused) {
  const auto es256_of = [](std::int64_t type, std::int64_t algorithm, std::int64_t curve) {
    return cbor_map({{cbor_number(1), cbor_number(type)},
                     {cbor_number(3), cbor_number(algorithm)},
                     {cbor_number(-1), cbor_number(curve)},
                     {cbor_number(-2), cbor_bytes(base_x)},
                     {cbor_number(-3), cbor_bytes(base_y)}});
  };
  ASSERT_EQ(key_verdict(es256_of(2, -7, 1)), "accepted");
  for (const std::int64_t type : {0, 1, 3, 4})
    EXPECT_EQ(key_verdict(es256_of(type, -7, 1)), "malformed_public_key") << type;
  for (const std::int64_t curve : {0, 2, 3, 6, 7, 8})
    EXPECT_EQ(key_verdict(es256_of(2, -7, curve)), "malformed_public_key") << curve;
  for (const std::int64_t algorithm : {-8, -257})
    EXPECT_EQ(key_verdict(es256_of(2, algorithm, 1)), "malformed_public_key") << algorithm;

  const auto eddsa_of = [](std::int64_t type, std::int64_t algorithm, std::int64_t curve) {
    return cbor_map({{cbor_number(1), cbor_number(type)},
                     {cbor_number(3), cbor_number(algorithm)},
                     {cbor_number(-1), cbor_number(curve)},
                     {cbor_number(-2), cbor_bytes(base_x)}});
  };
  for (const std::int64_t curve : {1, 4, 5, 7}) // X25519 and Ed448 among them
    EXPECT_EQ(key_verdict(eddsa_of(1, -8, curve)), "malformed_public_key") << curve;
  EXPECT_EQ(key_verdict(eddsa_of(2, -8, 6)), "malformed_public_key");
  EXPECT_EQ(key_verdict(eddsa_of(1, -7, 6)), "malformed_public_key");

  auto rs256 = key_of_every_test(cose_algorithm::rs256).cose();
  ASSERT_EQ(rs256.substr(1, 2), "\x01\x03"); // the type
  for (const char type : {'\1', '\2', '\4'}) {
    rs256[2] = type;
    EXPECT_EQ(key_verdict(rs256), "malformed_public_key");
  }
}

TEST(WebauthnPublicKey, WithMissingOrFurtherMembersIsRefused) {
  for (const auto algorithm : known_algorithms) {
    const auto good = key_of_every_test(algorithm).cose();
    ASSERT_EQ(key_verdict(good), "accepted");
    EXPECT_EQ(key_verdict(good + '\0'), "malformed_public_key");
    for (std::size_t size = 0; size < good.size(); ++size)
      EXPECT_EQ(key_verdict(good.substr(0, size)), "malformed_public_key") << size;
    // One more entry than it has: a key id, and a private key.
    for (const auto& more :
         {cbor_number(2) + cbor_bytes("id"), cbor_number(-4) + cbor_bytes("d")}) {
      auto longer = good + more;
      longer.front() = static_cast<char>(longer.front() + 1);
      EXPECT_EQ(key_verdict(longer), "malformed_public_key");
    }
  }
  EXPECT_EQ(key_verdict(cbor_map({})), "malformed_public_key");
  EXPECT_EQ(key_verdict(cbor_map({{cbor_number(3), cbor_text("ES256")}})), "malformed_public_key");
  EXPECT_EQ(key_verdict(cbor_map({{cbor_text("alg"), cbor_number(-7)}})), "malformed_public_key");
}

TEST(WebauthnPublicKey, WhosePointIsNotOnTheCurveIsRefused) {
  EXPECT_EQ(key_verdict(cose_es256(base_x, base_y)), "accepted");
  auto next_y = base_y;
  next_y.back() = static_cast<char>(next_y.back() + 1);
  EXPECT_EQ(key_verdict(cose_es256(base_x, next_y)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256(base_y, base_x)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256(std::string(32, '\0'), std::string(32, '\0'))),
            "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256(std::string(32, '\xFF'), base_y)), "malformed_public_key");
  // The y of x = 5 in the field, and the same point by 5 + p, which fits into 32 bytes too.
  const auto x_below = from_hex(std::string(63, '0') + "5").value();
  const auto x_above =
      from_hex("ffffffff00000001000000000000000000000001000000000000000000000004").value();
  const auto y_of_five =
      from_hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc").value();
  EXPECT_EQ(key_verdict(cose_es256(x_below, y_of_five)), "accepted");
  EXPECT_EQ(key_verdict(cose_es256(x_above, y_of_five)), "malformed_public_key");
}

TEST(WebauthnPublicKey, WithCoordinatesInAnotherFormIsRefused) {
  EXPECT_EQ(key_verdict(cose_es256(base_x.substr(1), base_y)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256(base_x, base_y.substr(1))), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256('\0' + base_x, base_y)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_es256("", base_y)), "malformed_public_key");
  // The right bytes of both, cut apart at another place.
  EXPECT_EQ(key_verdict(cose_es256(base_x.substr(0, 31), base_x.back() + base_y)),
            "malformed_public_key");
  // Compressed: the sign of y in its place.
  EXPECT_EQ(key_verdict(cbor_map({{cbor_number(1), cbor_number(2)},
                                  {cbor_number(3), cbor_number(-7)},
                                  {cbor_number(-1), cbor_number(1)},
                                  {cbor_number(-2), cbor_bytes(base_x)},
                                  {cbor_number(-3), "\xF5"}})),
            "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_eddsa(std::string(31, 'x'))), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_eddsa(std::string(33, 'x'))), "malformed_public_key");
}

TEST(WebauthnPublicKey, OfEd25519ThatAnybodyCanSignForIsRefused) {
  // Of order 1, 2, 4 (two) and 8 (four); then 1 and 0 beyond the field's prime.
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "0000000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"})
    EXPECT_EQ(key_verdict(cose_eddsa(from_hex(hex).value())), "malformed_public_key") << hex;
  // The neutral element and a signature by nobody, which holds for it whatever the message is.
  const auto neutral = std::string{'\1'} + std::string(31, '\0');
  const auto parsed = public_key::parse(cose_eddsa(neutral));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->verify("anything", neutral + std::string(32, '\0')));
  // No point: no x fits to y = 2.
  EXPECT_EQ(key_verdict(cose_eddsa('\2' + std::string(31, '\0'))), "malformed_public_key");
}

TEST(WebauthnPublicKey, OfRsaHas2048To4096BitsAndAnOddExponent) {
  const std::string usual("\x01\x00\x01", 3);
  for (const std::size_t bits : {2048, 2049, 3072, 4095, 4096})
    EXPECT_EQ(key_verdict(cose_rs256(number_of_bits(bits), usual)), "accepted") << bits;
  for (const std::size_t bits : {8, 512, 1024, 2040, 2047, 4097, 4104, 8192, 16384})
    EXPECT_EQ(key_verdict(cose_rs256(number_of_bits(bits), usual)), "malformed_public_key") << bits;
  const auto modulus = number_of_bits(2048);
  EXPECT_EQ(key_verdict(cose_rs256('\0' + modulus, usual)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_rs256("", usual)), "malformed_public_key");
  auto even = modulus;
  even.back() = '\xFE';
  EXPECT_EQ(key_verdict(cose_rs256(even, usual)), "malformed_public_key");
  EXPECT_EQ(key_verdict(cose_rs256(modulus, "\x03")), "accepted");
  EXPECT_EQ(key_verdict(cose_rs256(modulus, "\xFF\xFF\xFF\xFF")), "accepted");
  for (const std::string& exponent :
       {std::string{}, std::string("\0", 1), std::string{"\x01"}, std::string{"\x02"},
        std::string("\x01\0", 2), std::string("\0\3", 2), std::string("\x01\0\0\0\x01", 5),
        modulus})
    EXPECT_EQ(key_verdict(cose_rs256(modulus, exponent)), "malformed_public_key")
        << to_hex(exponent);
}

TEST(WebauthnPublicKey, RefusesASignatureWithAnyBitChanged) {
  for (const auto algorithm : known_algorithms) {
    const auto& pair = key_of_every_test(algorithm);
    const auto key = public_key::parse(pair.cose()).value();
    const auto signature = pair.sign("message");
    ASSERT_TRUE(key.verify("message", signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      auto changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      ASSERT_FALSE(key.verify("message", changed)) << static_cast<int>(algorithm) << " " << bit;
    }
  }
}

TEST(WebauthnPublicKey, RefusesASignatureOfAnotherLengthMessageOrKey) {
  for (const auto algorithm : known_algorithms) {
    const auto& pair = key_of_every_test(algorithm);
    const auto key = public_key::parse(pair.cose()).value();
    const auto signature = pair.sign("message");
    EXPECT_FALSE(key.verify("Message", signature));
    EXPECT_FALSE(key.verify("", signature));
    EXPECT_FALSE(key.verify("message", ""));
    EXPECT_FALSE(key.verify("message", signature + '\0'));
    EXPECT_FALSE(key.verify("message", '\0' + signature));
    EXPECT_FALSE(key.verify("message", std::string(signature.size(), '\0')));
    for (std::size_t size = 0; size < signature.size(); ++size)
      EXPECT_FALSE(key.verify("message", signature.substr(0, size))) << size;
    EXPECT_FALSE(key.verify("message", soft_key::make(algorithm).sign("message")));
    for (const auto other : known_algorithms)
      EXPECT_EQ(key.verify("message", key_of_every_test(other).sign("message")),
                other == algorithm);
  }
}

TEST(WebauthnPublicKey, RefusesSignaturesInASecondForm) {
  // DER of ES256 with a length in two bytes, and as JSON Web Signatures have it: r and s alone.
  const auto& es256 = key_of_every_test(cose_algorithm::es256);
  const auto key = public_key::parse(es256.cose()).value();
  const auto der = es256.sign("message");
  const auto longer = der.substr(0, 1) + '\x81' + der.substr(1);
  EXPECT_TRUE(key.verify("message", der));
  EXPECT_FALSE(key.verify("message", longer));
  EXPECT_FALSE(key.verify("message", std::string(64, '\1')));
  EXPECT_FALSE(key.verify("message", from_hex("3006020100020100").value()));

  // Ed25519's S with the group's order added (RFC 8032, section 8.4).
  const auto& eddsa = key_of_every_test(cose_algorithm::eddsa);
  auto signature = eddsa.sign("message");
  const auto order =
      from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xFFU);
    carry >>= 8U;
  }
  EXPECT_FALSE(public_key::parse(eddsa.cose()).value().verify("message", signature));
}

TEST(WebauthnPublicKey, LeavesNoErrorsOfOpenssl) {
  ERR_clear_error();
  for (const auto algorithm : known_algorithms) {
    const auto key = public_key::parse(key_of_every_test(algorithm).cose()).value();
    EXPECT_FALSE(key.verify("message", std::string(64, 'x')));
    EXPECT_FALSE(key.verify("message", std::string(256, 'x')));
  }
  EXPECT_FALSE(public_key::parse(cose_es256(base_y, base_x)));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(WebauthnPublicKey, KnowsItsAlgorithm) {
  for (const auto algorithm : known_algorithms) {
    EXPECT_EQ(public_key::parse(key_of_every_test(algorithm).cose()).value().algorithm(),
              algorithm);
    EXPECT_EQ(algorithm_of(static_cast<std::int64_t>(algorithm)), algorithm);
  }
  EXPECT_EQ(algorithm_of(-7 - (std::int64_t{1} << 32)), std::nullopt);
}

} // namespace
} // namespace latchkey::webauthn
