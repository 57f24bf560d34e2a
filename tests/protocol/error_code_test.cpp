#include "protocol/error_code.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(ErrorCode, OutsideTheListIsAnInternalError) {
  EXPECT_EQ(describe(static_cast<error_code>(255)).code, error_code::internal_error);
}

TEST(ErrorCode, HasTheNamesAndStatusesOfTheDocuments) {
  auto is = [](error_code code, std::string_view name, int status) {
    return name_of(code) == name && status_of(code) == status;
  };
  EXPECT_TRUE(is(error_code::invalid_credentials, "AUTH001", 401));
  EXPECT_TRUE(is(error_code::token_expired, "AUTH002", 401));
  EXPECT_TRUE(is(error_code::token_invalid, "AUTH003", 401));
  EXPECT_TRUE(is(error_code::insufficient_permissions, "AUTH004", 403));
  EXPECT_TRUE(is(error_code::user_not_found, "USER001", 404));
  EXPECT_TRUE(is(error_code::user_exists, "USER002", 409));
  EXPECT_TRUE(is(error_code::password_format, "USER003", 400));
  EXPECT_TRUE(is(error_code::subscription_not_found, "SUB001", 404));
  EXPECT_TRUE(is(error_code::quota_exceeded, "SUB002", 429));
  EXPECT_TRUE(is(error_code::upstream_unavailable, "GW001", 503));
  EXPECT_TRUE(is(error_code::upstream_timeout, "GW002", 504));
  EXPECT_TRUE(is(error_code::validation_error, "VALIDATION_ERROR", 400));
  EXPECT_TRUE(is(error_code::internal_error, "INTERNAL_ERROR", 500));
}

} // namespace
} // namespace latchkey
