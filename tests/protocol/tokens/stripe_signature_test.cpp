// stripe_signature_test.cpp — only Stripe's own word, said just now, passes.
#include "protocol/tokens/stripe_signature.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

// Computed with `openssl dgst -sha256 -hmac`, which knows nothing of this program.
const secret endpoint_secret{std::string_view{"whsec_0123456789abcdefghij"}};
constexpr std::string_view body = R"({"id":"evt_1","object":"event"})";
constexpr std::string_view signature =
    "3e6aff31d9a08acef6feedfbe20d91a07f15d53ce8dfb0ee4825247f04954fbc";
const time_point signed_at{std::chrono::seconds{1767323045}};

std::string header_of(std::string_view v1) {
  return "t=1767323045,v1=" + std::string{v1};
}

testing::AssertionResult is_refused(const std::string& header, std::string_view reason,
                                    std::string_view of = body, time_point now = signed_at) {
  const auto checked = check_stripe_signature(header, of, endpoint_secret, now);
  if (checked) return testing::AssertionFailure() << "passes: " << header;
  const auto& error = checked.error();
  if (error.code != error_code::validation_error || error.field != "Stripe-Signature" ||
      error.reason.find(reason) == std::string::npos)
    return testing::AssertionFailure() << error.field << " " << error.reason << ": " << header;
  return testing::AssertionSuccess();
}

TEST(StripeSignature, IsRefusedWhenOneBitOfAnythingDiffers) {
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string other{signature};
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_TRUE(is_refused(header_of(other), "does not match"));
  }
  EXPECT_TRUE(
      is_refused(header_of(signature), "does not match", R"({"id":"evt_2","object":"event"})"));
  EXPECT_TRUE(is_refused(header_of(signature), "does not match", ""));
  // The same moment, but not the text that was signed.
  EXPECT_TRUE(is_refused("t=01767323045,v1=" + std::string{signature}, "does not match"));
  EXPECT_TRUE(is_refused("t=1767323046,v1=" + std::string{signature}, "does not match"));
  const secret other{std::string_view{"whsec_0123456789abcdefghik"}};
  EXPECT_FALSE(check_stripe_signature(header_of(signature), body, other, signed_at));
}

TEST(StripeSignature, IsRefusedWhenCutLengthenedOrInOtherLetters) {
  EXPECT_TRUE(is_refused(header_of(""), "does not match"));
  EXPECT_TRUE(is_refused(header_of(signature.substr(0, 63)), "does not match"));
  EXPECT_TRUE(is_refused(header_of(std::string{signature} + "0"), "does not match"));
  std::string upper{signature};
  for (auto& c : upper)
    c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  ASSERT_NE(upper, signature);
  EXPECT_TRUE(is_refused(header_of(upper), "does not match"));
}

TEST(StripeSignature, IsRefusedOutsideItsTolerance) {
  EXPECT_TRUE(is_refused(header_of(signature), "too old", body, signed_at + 301s));
  EXPECT_TRUE(is_refused(header_of(signature), "future", body, signed_at - 301s));
  EXPECT_TRUE(
      check_stripe_signature(header_of(signature), body, endpoint_secret, signed_at + 300s));
  EXPECT_TRUE(
      check_stripe_signature(header_of(signature), body, endpoint_secret, signed_at - 300s));
}

TEST(StripeSignature, IsRefusedInAHeaderThatIsNone) {
  const std::string good{signature};
  EXPECT_TRUE(is_refused("", "is required"));
  EXPECT_TRUE(is_refused("v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=-1767323045,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t= 1767323045,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=1e9,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=99999999999999999999,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=1767323045,t=1767323045,v1=" + good, "one time"));
  EXPECT_TRUE(is_refused("t=1767323045", "no signature"));
  EXPECT_TRUE(is_refused("t=1767323045,v0=" + good, "no signature"));
  EXPECT_TRUE(is_refused("t=1767323045,V1=" + good, "no signature"));
  EXPECT_TRUE(is_refused(std::string(2049, 'x'), "too long"));
  std::string many = "t=1767323045";
  for (std::size_t i = 0; i <= stripe_signatures_max; ++i)
    many += ",v1=0";
  EXPECT_TRUE(is_refused(many, "too many"));
}

TEST(StripeSignature, PassesAmongOthers) {
  const std::string wrong(64, '0');
  const std::string good{signature};
  for (const auto& header :
       {header_of(good), header_of(wrong) + ",v1=" + good, header_of(good) + ",v1=" + wrong,
        header_of(wrong) + ",v0=x,v1=" + good, "v1=" + good + ",t=1767323045"})
    EXPECT_TRUE(check_stripe_signature(header, body, endpoint_secret, signed_at)) << header;
}

TEST(StripeSignature, MadeHereIsTheOneThatAnotherProgramMakes) {
  EXPECT_EQ(make_stripe_signature(body, endpoint_secret, signed_at + 999ms), header_of(signature));
}

} // namespace
} // namespace latchkey
