// integration.hpp — what the tests of the service integration share: servers that know two
// services, calls with their keys, flat errors.
#pragma once

#include "tests/product/product.hpp"

#include <string>

namespace latchkey::test {

inline constexpr const char* service_key = "sk-billing-0123456789abcdef";
inline constexpr const char* other_service_key = "sk-reports-0123456789abcdef";
inline constexpr const char* service_keys =
    "billing:sk-billing-0123456789abcdef,reports:sk-reports-0123456789abcdef";

/// POST with `X-Service-Key`, as "Service Integration API Documentation", Authentication, has it.
http_call service_call(const std::string& target, const json& body,
                       const std::string& key = service_key);
http_call service_call(const std::string& target, const std::string& body,
                       const std::string& key = service_key);

/// `{"error":…,"message":…,"details":{…}}` of "Flask Service Integration Documentation", Error
/// Handling, with the text of "Service Integration API Documentation". `field` and `reason` are
/// compared when given, `reason` as a part.
testing::AssertionResult is_flat(const http_reply& reply, int status, const std::string& error,
                                 const std::string& field = {}, const std::string& reason = {});
/// 200 `{"status":"success"}`
testing::AssertionResult is_success(const http_reply& reply);

/// Tests that each run against one server of "sqlite" and one of "postgresql" that know both
/// keys and count no requests.
class Integration : public testing::TestWithParam<std::string> {
protected:
  static void TearDownTestSuite();
  product& on() const;
  http_reply call(const http_call& asked) const { return on().call(asked); }
  http_reply ask(const std::string& endpoint, const json& body) const {
    return call(service_call("/api/auth/" + endpoint, body));
  }
  /// Whether validate-token says 200.
  bool holds(const std::string& access_token) const;
  /// What validate-token says of it.
  json facts_of(const std::string& access_token) const;
  /// A number that no user has had, far from those that registration gives.
  long new_number() const;
  /// The row of the user of that number, in SQL.
  std::vector<std::string> row_of(long number, const std::string& columns) const;
};

} // namespace latchkey::test
