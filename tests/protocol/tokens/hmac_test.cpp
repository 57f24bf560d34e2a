#include "protocol/tokens/hmac.hpp"

#include "protocol/text/text_codec.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace latchkey {
namespace {

std::string hex_of(const sha256_mac& mac) {
  return to_hex(bytes_of(mac));
}

struct known_answer {
  std::string key;
  std::string message;
  std::string mac;
};

/// RFC 4231, 4.2 to 4.8 (without the truncated one).
std::vector<known_answer> rfc4231() {
  std::string counting;
  for (char c = 1; c <= 25; ++c)
    counting += c;
  return {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. "
       "The key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
}

TEST(Hmac, GivesTheAnswersOfRfc4231) {
  for (const auto& known : rfc4231()) {
    EXPECT_EQ(hex_of(hmac_sha256(secret{known.key}, known.message)), known.mac);
    EXPECT_EQ(hex_of(hmac_sha256_key{secret{known.key}}.mac(known.message)), known.mac);
  }
}

TEST(Hmac, KeepsManyKeysApartHoweverTheyTakeTurns) {
  std::vector<hmac_sha256_key> keys;
  std::vector<std::string> expected;
  for (char c = 'a'; c < 'a' + 20; ++c) {
    secret text{std::string(32, c)};
    expected.push_back(hex_of(hmac_sha256(text, "message")));
    keys.emplace_back(text);
  }
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(hex_of(keys[i].mac("message")), expected[i]);
      ASSERT_EQ(hex_of(keys[i].mac("message")), expected[i]);
    }
}

TEST(Hmac, GivesOneAnswerOnEveryThread) {
  hmac_sha256_key key{secret{std::string(32, 'k')}};
  auto expected = key.mac("message");
  std::vector<int> wrong(4, -1);
  std::vector<std::thread> threads;
  for (auto& count : wrong)
    threads.emplace_back([&] {
      count = 0;
      for (int i = 0; i < 500; ++i)
        if (key.mac("message") != expected) ++count;
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// RFC 5869, A.1 and A.3.
TEST(Hkdf, GivesTheAnswersOfRfc5869) {
  secret key{std::string(22, '\x0b')};
  auto salt = from_hex("000102030405060708090a0b0c").value();
  auto info = from_hex("f0f1f2f3f4f5f6f7f8f9").value();
  EXPECT_EQ(to_hex(hkdf_sha256(key, salt, info, 42).reveal()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
  EXPECT_EQ(to_hex(hkdf_sha256(key, {}, {}, 42).reveal()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
}

} // namespace
} // namespace latchkey
