// product.hpp — what the tests of the whole product share: the server they ask, the people
// they sign in, and what an answer must look like.
#pragma once

#include "tests/product/test_store.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::test {

using json = nlohmann::ordered_json;
using keys = std::vector<std::string>;

// -- answers -----------------------------------------------------------------------------

/// The body, which must be JSON and say so; null when it is not.
json json_of(const http_reply& reply);
/// An object's keys in their order.
keys keys_of(const json& object);

/// An error in the envelope of "Auth Service API Documentation", Error Response Format, with
/// every key, its own request id and the headers that go with its status. `field` and
/// `reason` are compared when given, `reason` as a part.
testing::AssertionResult is_error(const http_reply& reply, int status, const std::string& code,
                                  const std::string& field = {}, const std::string& reason = {});

inline bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A text that is a time in UTC: "2023-01-01T12:00:00Z", or with a fraction of the second.
bool is_time(const json& value);
/// As "API Reference" prints times: in whole seconds.
bool is_whole_second(const json& value);

/// What an answer shows but what every answer has of its own: its time and its request's id.
struct visible {
  int status = 0;
  std::vector<http_header> headers;
  json body;
  friend bool operator==(const visible&, const visible&) = default;
};
visible visible_of(const http_reply& reply);

// -- people and their tokens --------------------------------------------------------------

/// A name that nobody else in this process gets: letters and digits, beginning with a letter.
std::string new_name();
/// Of a page that ALLOWED_ORIGINS may name.
inline constexpr const char* friend_origin = "https://app.example.com";
inline constexpr const char* password = "correct horse battery";

/// The body of POST /auth/register for `name`, `name`@example.com and `password`.
json registration(const std::string& name);
json credentials(const std::string& login, const std::string& with = password);

/// What a sign-in or a refresh gave.
struct tokens {
  std::string access;
  std::string refresh;
};

/// From the body and the cookie of a 200; both empty when it is none.
tokens tokens_of(const http_reply& reply);
/// `session.counter.mac`: its counter.
long counter_of(const std::string& refresh_token);

// -- servers ---------------------------------------------------------------------------------

/// A store and a server on it, which can be started again.
struct product {
  explicit product(test_store store, environment more = {});
  explicit product(const std::string& engine, environment more = {});

  http_reply call(const http_call& asked) const { return exchange(server->port(), asked); }
  http_reply call_internal(const http_call& asked) const {
    return exchange(server->internal_port(), asked);
  }
  /// Registers and expects 201.
  void add_user(const std::string& name) const;
  /// Signs in and expects 200.
  tokens sign_in(const std::string& login, const std::string& with = password) const;
  tokens sign_in_new_user() const;
  /// The access token of the first administrator, a superuser.
  std::string admin() const { return sign_in("admin", admin_password).access; }
  /// The UUID of a user, by the username.
  std::string id_of(const std::string& name) const;
  int status_of_me(const std::string& access_token) const;
  /// The value of that series on /metrics ("name" or "name{label=\"value\"}"); 0 when it is
  /// not there.
  double metric(const std::string& series) const;
  /// Starts the server, anew when there was one.
  void start();

  test_store store;
  environment settings;
  std::unique_ptr<server_process> server;
};

/// Tests that each run against one server of "sqlite" and one of "postgresql", shared by the
/// tests of a suite.
class Product : public testing::TestWithParam<std::string> {
protected:
  static void TearDownTestSuite();
  product& on() const;
  http_reply call(const http_call& asked) const { return on().call(asked); }

private:
  /// The engine of the test's parameter, and what its server is told beside the usual.
  virtual std::string engine() const { return GetParam(); }
  virtual environment settings() const { return {}; }
};

inline std::string name_of_engine(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

#define LATCHKEY_ON_BOTH_ENGINES(Suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(Product, Suite, testing::Values("sqlite", "postgresql"),                \
                           latchkey::test::name_of_engine)

/// Asks again until `holds()`; false when that takes longer than `patience`.
template <class Condition>
bool eventually(Condition holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    if (holds()) return true;
    std::this_thread::sleep_for(poll_pause); // the machine is the server's meanwhile
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

} // namespace latchkey::test
