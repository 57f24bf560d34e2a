// second_factors.hpp — people with an authenticator app, for the tests of the whole product.
#pragma once

#include "tests/product/product.hpp"

#include <string>
#include <vector>

namespace latchkey::test {

/// What oathtool, another implementation, says is the code of the time step so many ahead.
std::string code_of_app(const std::string& secret, int steps_ahead = 0);

/// Somebody with an authenticator app.
struct app_owner {
  std::string name;
  std::string secret;             // of the app, in base32
  std::vector<std::string> codes; // of recovery
  tokens session;                 // in which it was added
  tokens earlier;                 // another of before, if one was wanted: by the password alone
  int steps_used = -1;            // ahead of the clock: the step before is good too

  /// A code that was not used yet. There are three: the clock may be off by a step.
  std::string next_code() { return code_of_app(secret, steps_used++); }
};

/// Registers somebody and adds an app, by its first code.
app_owner add_app_owner(const product& server, bool with_earlier_session = false);

/// Adds one in `owner.session`, to somebody who has none.
void add_app(const product& server, app_owner& owner);

/// `error.details` of an answer.
json details_of(const http_reply& reply);
/// Whether a right password was answered with the token for the second step.
testing::AssertionResult asks_for_second_step(const http_reply& reply);
/// Whether an answer opens nothing: no token is in its body, and none in a cookie.
testing::AssertionResult has_no_tokens(const http_reply& reply);
/// The token of a sign-in by that path.
std::string mfa_token(const product& server, const app_owner& owner,
                      const std::string& path = "/auth/token");
/// POST /auth/mfa/verify
http_call finish_call(const std::string& token, const std::string& method, const std::string& code);

} // namespace latchkey::test
