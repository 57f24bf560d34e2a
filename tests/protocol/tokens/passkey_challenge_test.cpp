#include "protocol/tokens/passkey_challenge.hpp"

#include "protocol/text/text_codec.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

const secret sealing_key{std::string(32, 'k')};
const time_point made_at = time_point{std::chrono::seconds{1'800'000'000}};

passkey_challenge a_challenge(passkey_ceremony ceremony = passkey_ceremony::registration) {
  return make_passkey_challenge(sealing_key, ceremony, user_id{make_uuid(made_at)}, made_at);
}
result<passkey_challenge> read_again(const passkey_challenge& challenge, time_point now) {
  return read_passkey_challenge(sealing_key, challenge.ceremony, challenge.text, now);
}

TEST(PasskeyChallenge, ComesBackAsItWasMade) {
  const auto challenge = a_challenge();
  const auto read = read_again(challenge, made_at + 1min);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ceremony, challenge.ceremony);
  EXPECT_EQ(read->user, challenge.user);
  EXPECT_EQ(read->id, challenge.id);
  EXPECT_EQ(read->good_until, challenge.good_until);
  EXPECT_EQ(read->text, challenge.text);
}

TEST(PasskeyChallenge, IsNeverTheSameAndLongEnough) {
  EXPECT_NE(a_challenge().text, a_challenge().text);
  EXPECT_NE(a_challenge().id, a_challenge().id);
  EXPECT_GE(base64url_decode(a_challenge().text).value().size(), 32u);
}

TEST(PasskeyChallenge, IsGoodForItsTimeAlone) {
  const auto challenge = a_challenge();
  EXPECT_TRUE(read_again(challenge, made_at + passkey_challenge_ttl - 1s));
  const auto late = read_again(challenge, made_at + passkey_challenge_ttl);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, error_code::token_expired);
  EXPECT_EQ(late.error().field, "credential");
  EXPECT_FALSE(read_again(challenge, made_at - 2s)) << "the clock was set back";
}

TEST(PasskeyChallenge, IsOfOneCeremonyAndOneServer) {
  const auto challenge = a_challenge();
  const auto other_ceremony =
      read_passkey_challenge(sealing_key, passkey_ceremony::assertion, challenge.text, made_at);
  ASSERT_FALSE(other_ceremony);
  EXPECT_EQ(other_ceremony.error().code, error_code::token_invalid);
  const secret other_key{std::string(32, 'o')};
  EXPECT_FALSE(read_passkey_challenge(other_key, challenge.ceremony, challenge.text, made_at));
  for (const auto& text : {std::string{}, std::string{"nonsense"}, std::string(5000, 'A')})
    EXPECT_FALSE(read_passkey_challenge(sealing_key, challenge.ceremony, text, made_at));
}

TEST(PasskeyChallenge, AUserHandleIsTheUsersId) {
  const user_id user{make_uuid(made_at)};
  EXPECT_EQ(user_handle_of(user).size(), 16u);
  EXPECT_EQ(user_of_handle(user_handle_of(user)), user);
  EXPECT_FALSE(user_of_handle(""));
  EXPECT_FALSE(user_of_handle(std::string(15, 'u')));
  EXPECT_FALSE(user_of_handle(std::string(16, '\0')));
  EXPECT_EQ(user_of_handle(to_string(user)), user) << "as Keycloak gives them";
  EXPECT_FALSE(user_of_handle(std::string(36, '0')));
  EXPECT_FALSE(user_of_handle("00000000-0000-0000-0000-000000000000"));
}

} // namespace
} // namespace latchkey::test
