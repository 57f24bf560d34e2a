#include "protocol/tokens/mfa_token.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

const secret key{std::string(32, 'k')};
const time_point now = time_point{std::chrono::seconds{1'800'000'000}};

mfa_token a_token() {
  return make_mfa_token(user_id{make_uuid(now)}, surface::login_module, auth_method::password,
                        stamp_of_password(secret{std::string{"phc"}}), now);
}

TEST(MfaToken, ComesBackAsItWasWritten) {
  const auto token = a_token();
  const auto read = read_mfa_token(key, write_mfa_token(key, token).reveal(), now + 1min);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, token.user);
  EXPECT_EQ(read->opened_by, token.opened_by);
  EXPECT_EQ(read->shown, token.shown);
  EXPECT_EQ(read->password_stamp, token.password_stamp);
  EXPECT_EQ(read->id, token.id);
  EXPECT_EQ(read->good_until, token.good_until);
}

TEST(MfaToken, IsOverAfterItsTime) {
  const auto text = write_mfa_token(key, a_token());
  const auto late = read_mfa_token(key, text.reveal(), now + mfa_token_ttl);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, error_code::token_expired);
}

TEST(MfaToken, IsOverWhenTheClockWasSetBackSince) {
  EXPECT_FALSE(read_mfa_token(key, write_mfa_token(key, a_token()).reveal(), now - 2s));
}

TEST(MfaToken, IsRefusedWhenItIsNoneOfOurs) {
  std::string text{write_mfa_token(key, a_token()).reveal()};
  const secret other{std::string(32, 'o')};
  EXPECT_EQ(read_mfa_token(other, text, now).error().code, error_code::token_invalid);
  text[text.size() / 2] = text[text.size() / 2] == 'A' ? 'B' : 'A';
  for (const auto& bad : {text, std::string{}, std::string(mfa_token_bytes_max + 1, 'A')})
    EXPECT_EQ(read_mfa_token(key, bad, now).error().code, error_code::token_invalid);
}

TEST(MfaToken, IsAnotherEachTime) {
  EXPECT_NE(a_token().id, a_token().id);
}

TEST(MfaToken, StampsTellPasswordsApart) {
  const auto stamp = [](const char* phc) { return stamp_of_password(secret{std::string{phc}}); };
  EXPECT_EQ(stamp("one"), stamp("one"));
  EXPECT_NE(stamp("one"), stamp("two"));
}

} // namespace
} // namespace latchkey::test
