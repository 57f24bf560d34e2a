#include "protocol/tokens/totp.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

const secret rfc_key{std::string{"12345678901234567890"}};

time_point at_second(std::int64_t second) {
  return time_point{std::chrono::seconds{second}};
}

// RFC 6238, appendix B; the last six of its eight digits.
TEST(Totp, MakesTheCodesOfRfc6238) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
      {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [second, code] : vectors)
    EXPECT_EQ(totp_code(rfc_key, totp_step_at(at_second(second))), code) << second;
}

TEST(Totp, TakesTheStepBeforeAndTheOneAfterAndNoOther) {
  const auto now = at_second(1'000'000'000);
  const auto step = totp_step_at(now);
  for (const int beside : {-1, 0, 1})
    EXPECT_EQ(matching_totp_step(rfc_key, totp_code(rfc_key, step + beside), now, 0),
              step + beside);
  for (const int far : {-2, 2})
    EXPECT_FALSE(matching_totp_step(rfc_key, totp_code(rfc_key, step + far), now, 0));
}

TEST(Totp, TakesNoStepThatWasUsedOrIsOlder) {
  const auto now = at_second(1'000'000'000);
  const auto step = totp_step_at(now);
  EXPECT_FALSE(matching_totp_step(rfc_key, totp_code(rfc_key, step), now, step));
  EXPECT_FALSE(matching_totp_step(rfc_key, totp_code(rfc_key, step - 1), now, step));
  EXPECT_TRUE(matching_totp_step(rfc_key, totp_code(rfc_key, step + 1), now, step));
}

TEST(Totp, ReadsACodeAsPeopleTypeIt) {
  const auto now = at_second(59);
  EXPECT_TRUE(matching_totp_step(rfc_key, "287 082", now, 0));
  for (const char* wrong : {"", "28708", "2870820", "287083", "287082a", "２８７０８２"})
    EXPECT_FALSE(matching_totp_step(rfc_key, wrong, now, 0)) << wrong;
}

TEST(Totp, HasASecretAsLongAsTheHashInBase32) {
  const auto key = make_totp_secret();
  EXPECT_EQ(key.reveal().size(), totp_secret_bytes);
  EXPECT_FALSE(key == make_totp_secret());
  EXPECT_EQ(totp_secret_text(rfc_key).reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

TEST(Totp, ReadsASecretAsPeopleTypeIt) {
  for (const auto* text :
       {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq-gezdgnbvgy3tqojq=="})
    EXPECT_EQ(totp_secret_of_text(text).value().reveal(), rfc_key.reveal()) << text;
  EXPECT_EQ(totp_secret_of_text("MY======").value().reveal(), "f");
  for (const auto* text : {"GEZ1", "GEZ8", "GE=ZD", "G\u00e9ZD"})
    EXPECT_FALSE(totp_secret_of_text(text)) << text;
}

TEST(Totp, TellsAnAppWhoseAccountItIs) {
  EXPECT_EQ(totp_uri(rfc_key, "Acme & Co", "ada+1@example.com").reveal(),
            "otpauth://totp/Acme%20%26%20Co:ada%2B1%40example.com"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20Co");
}

} // namespace
} // namespace latchkey::test
