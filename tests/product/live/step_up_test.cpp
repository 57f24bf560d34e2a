// Somebody shows once more who they are, on a live socket that stays open.
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

constexpr const char* passkey_origin = "https://auth.example.com";

class LiveStepUp : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<product>("sqlite", environment{{"ISSUER", passkey_origin}});
  }
  static void TearDownTestSuite() { server_.reset(); }

  static ws_client open(const tokens& session) {
    return ws_client{server_->server->port(), session.access};
  }
  static json say(ws_client& socket, const json& data) {
    socket.say({{"type", "authenticate"}, {"id", "a"}, {"data", data}});
    return socket.hear();
  }
  static json proof_of(const std::string& code) { return {{"method", "totp"}, {"code", code}}; }
  static bool is_alive(ws_client& socket) {
    socket.say({{"type", "ping"}});
    return socket.hear() == json{{"type", "pong"}};
  }
  static soft_authenticator with_passkey(const tokens& session) {
    soft_authenticator device;
    device.behaviour.origin = passkey_origin;
    const auto asked = server_->call(post("/auth/passkeys/registration").as(session.access));
    const json body{{"credential", json::parse(device.create(json_of(asked)["publicKey"].dump()))},
                    {"second_factor", false}};
    EXPECT_EQ(server_->call(post_json("/auth/passkeys", body.dump()).as(session.access)).status,
              201);
    return device;
  }
  /// By the challenge of the socket itself.
  static json proof_of(soft_authenticator& device, ws_client& socket) {
    const auto asked = say(socket, {{"challenge", true}});
    EXPECT_EQ(asked["type"], "ack") << asked;
    return {{"method", "passkey"},
            {"credential", json::parse(device.get(asked["data"]["publicKey"].dump()))}};
  }

  static inline std::unique_ptr<product> server_;
};

TEST_F(LiveStepUp, ByAnAppRaisesTheSessionWithItsTokensAndOtherSockets) {
  auto owner = add_app_owner(*server_, true);
  auto socket = open(owner.earlier);
  auto other = open(owner.earlier);
  const auto asked = say(socket, {{"challenge", true}});
  ASSERT_EQ(asked["type"], "ack") << asked;
  EXPECT_EQ(asked["data"]["acr"], "aal1");
  EXPECT_EQ(asked["data"]["methods"], json({"totp", "recovery_code"}));
  EXPECT_TRUE(asked["data"]["publicKey"].is_null());
  const auto raised = say(socket, proof_of(owner.next_code()));
  ASSERT_EQ(raised["type"], "ack") << raised;
  EXPECT_EQ(raised["correlation_id"], "a");
  EXPECT_EQ(raised["data"]["acr"], "aal2");
  EXPECT_EQ(raised["data"]["amr"], json({"pwd", "otp", "mfa"}));
  EXPECT_TRUE(is_alive(socket));
  EXPECT_EQ(say(other, {{"challenge", true}})["data"]["acr"], "aal2");
  const auto made =
      server_->call(post_json("/auth/mfa/recovery-codes", "{}").as(owner.earlier.access));
  EXPECT_EQ(made.status, 201) << "its access token is worth as much";
}

TEST_F(LiveStepUp, ByAWrongCodeIsRefusedOnRecordAndTheSocketStays) {
  auto owner = add_app_owner(*server_, true);
  auto socket = open(owner.earlier);
  const auto refused = say(socket, proof_of("000000"));
  EXPECT_EQ(refused["error"]["code"], "AUTH001") << refused;
  EXPECT_EQ(refused["error"]["details"]["field"], "code");
  EXPECT_EQ(server_->store.count("SELECT count(*) FROM audit_log WHERE action = "
                                 "'user.step_up_refused' AND user_id = '" +
                                 server_->id_of(owner.name) + "'"),
            1);
  EXPECT_EQ(say(socket, {{"method", "telepathy"}, {"code", "1"}})["error"]["details"]["field"],
            "method");
  EXPECT_EQ(say(socket, {{"method", "totp"}})["error"]["details"]["field"], "code");
  EXPECT_TRUE(is_alive(socket));
  EXPECT_EQ(say(socket, proof_of(owner.next_code()))["type"], "ack");
}

TEST_F(LiveStepUp, IsNotByTheTokenOfASignInThatWaitsForItsSecondFactor) {
  const auto owner = add_app_owner(*server_);
  auto socket = open(owner.session);
  const auto refused = say(socket, {{"token", mfa_token(*server_, owner)}});
  EXPECT_EQ(refused["error"]["code"], "AUTH003") << refused;
  EXPECT_EQ(refused["error"]["details"]["field"], "token");
  EXPECT_TRUE(is_alive(socket));
}

TEST_F(LiveStepUp, HashesNoPasswordThatIsLongerThanFourKibibytes) {
  auto socket = open(server_->sign_in_new_user());
  const auto hashes = [] { return server_->metric("hashing_duration_seconds_count"); };
  const auto before = hashes();
  const auto refused = say(socket, {{"method", "password"}, {"password", std::string(4097, 'x')}});
  EXPECT_EQ(refused["error"]["code"], "VALIDATION_ERROR") << refused;
  EXPECT_EQ(refused["error"]["details"]["field"], "password");
  EXPECT_EQ(hashes(), before);
  EXPECT_EQ(say(socket, {{"method", "password"}, {"password", password}})["type"], "ack");
}

TEST_F(LiveStepUp, ByAPasskeyAnswersTheSocketsChallengeOnce) {
  const auto session = server_->sign_in_new_user();
  auto device = with_passkey(session);
  device.behaviour.counter_step = 0;
  auto socket = open(session);
  const auto proof = proof_of(device, socket);
  EXPECT_EQ(say(socket, proof)["data"]["acr"], "aal2");
  const auto again = say(socket, proof);
  EXPECT_EQ(again["error"]["code"], "AUTH003") << again;
  EXPECT_EQ(again["error"]["details"]["field"], "credential");
  EXPECT_TRUE(is_alive(socket));
}

TEST_F(LiveStepUp, OfAThousandSocketsClosesNone) {
  auto device = with_passkey(server_->sign_in_new_user());
  std::vector<ws_client> sockets;
  for (int i = 0; i < 1000; ++i) {
    const auto asked = server_->call(post("/auth/passkeys/challenge"));
    const json body{{"credential", json::parse(device.get(json_of(asked)["publicKey"].dump()))}};
    const auto opened = tokens_of(server_->call(post_json("/auth/passkeys/sign-in", body.dump())));
    ASSERT_FALSE(opened.access.empty()) << i;
    sockets.push_back(open(opened));
  }
  std::size_t raised = 0;
  for (auto& socket : sockets)
    raised += say(socket, proof_of(device, socket))["type"] == "ack" ? 1 : 0;
  EXPECT_EQ(raised, sockets.size());
  std::size_t alive = 0;
  for (auto& socket : sockets)
    alive += is_alive(socket) ? 1 : 0;
  EXPECT_EQ(alive, sockets.size());
}

} // namespace
} // namespace latchkey::test
