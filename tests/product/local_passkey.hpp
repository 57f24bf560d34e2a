// local_passkey.hpp — a passkey of somebody's account on a server of tests, which has no other name
// than localhost.
#pragma once

#include "tests/product/product.hpp"
#include "tests/support/soft_authenticator.hpp"

#include <string>
#include <utility>

namespace latchkey::test {

class local_passkey {
public:
  /// Adds it in that session, which must be recent.
  local_passkey(const product& at, const tokens& session, bool is_second_factor = false)
      : at_(&at) {
    device.behaviour.origin = "http://" + host();
    const auto asked = call(post("/auth/passkeys/registration").as(session.access));
    const json body{{"credential", json::parse(device.create(options_in(asked)))},
                    {"second_factor", is_second_factor}};
    const auto added = call(post_json("/auth/passkeys", body.dump()).as(session.access));
    EXPECT_EQ(added.status, 201) << added.body;
  }

  std::string host() const { return "localhost:" + std::to_string(at_->server->port()); }
  /// By that name.
  http_reply call(http_call asked) const {
    return at_->call(std::move(asked).with("Host", host()));
  }
  /// What it answers a new challenge for a sign-in.
  json credential() {
    return json::parse(device.get(options_in(call(post("/auth/passkeys/challenge")))));
  }

  soft_authenticator device;

private:
  static std::string options_in(const http_reply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json_of(reply)["publicKey"].dump();
  }

  const product* at_;
};

} // namespace latchkey::test
