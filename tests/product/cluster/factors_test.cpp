// Second factors on three nodes: what works once works once on all of them, and a factor that was
// added at one is asked for at each.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"

namespace latchkey::test {
namespace {

class ClusterFactors : public OnThreeNodes {
protected:
  /// How many of the calls, spread over the nodes and sent at once, are answered 200.
  static std::size_t won(const std::vector<http_call>& calls) {
    std::vector<std::vector<http_call>> of_node(nodes().size());
    for (std::size_t i = 0; i < calls.size(); ++i)
      of_node[i % nodes().size()].push_back(calls[i]);
    std::vector<std::size_t> count(nodes().size());
    std::vector<std::thread> asking;
    for (std::size_t i = 0; i < nodes().size(); ++i)
      asking.emplace_back([&, i] {
        for (const auto& each : in_parallel(node(i).server->port(), of_node[i]))
          count[i] += each.reply.status == 200 ? 1 : 0;
      });
    for (auto& each : asking)
      each.join();
    return count[0] + count[1] + count[2];
  }
  static std::vector<http_call> uses(const app_owner& owner, const std::string& method,
                                     const std::string& code) {
    std::vector<http_call> calls;
    for (std::size_t i = 0; i < 20; ++i)
      calls.push_back(finish_call(mfa_token(node(i % nodes().size()), owner), method, code));
    return calls;
  }
};

TEST_F(ClusterFactors, AreAskedForAtEachNodeFromTheAnswerOn) {
  const auto name = new_name();
  node(0).add_user(name);
  for (std::size_t i = 0; i < nodes().size(); ++i)
    node(i).sign_in(name); // and is in memory there
  const auto session = node(0).sign_in(name);
  const auto enrolled = node(0).call(post_json("/auth/mfa/totp/enroll", "{}").as(session.access));
  const auto secret = json_of(enrolled).value("secret", "");
  const json code{{"code", code_of_app(secret)}};
  ASSERT_EQ(node(1).call(post_json("/auth/mfa/totp/verify", code.dump()).as(session.access)).status,
            200);
  for (std::size_t i = 0; i < nodes().size(); ++i)
    EXPECT_TRUE(
        asks_for_second_step(node(i).call(post_json("/auth/token", credentials(name).dump()))))
        << i;
}

TEST_F(ClusterFactors, TwentyUsesOfOneStepOpenOneSession) {
  auto owner = add_app_owner(node(0));
  EXPECT_EQ(won(uses(owner, "totp", owner.next_code())), 1u);
}

TEST_F(ClusterFactors, TwentyUsesOfOneRecoveryCodeOpenOneSession) {
  const auto owner = add_app_owner(node(1));
  EXPECT_EQ(won(uses(owner, "recovery_code", owner.codes[0])), 1u);
}

TEST_F(ClusterFactors, TwentyUsesOfOneChallengeOpenOneSession) {
  const auto owner = add_app_owner(node(2));
  const auto token = mfa_token(node(0), owner);
  std::vector<http_call> calls;
  for (std::size_t i = 0; i < 10; ++i)
    calls.push_back(finish_call(token, "recovery_code", owner.codes[i]));
  EXPECT_EQ(won(calls), 1u);
}

TEST_F(ClusterFactors, TwentyAnswersToOneChallengeOfAPasskeyOpenOneSession) {
  const auto session = node(0).sign_in_new_user();
  soft_authenticator device;
  device.behaviour.origin = "https://auth.example.com";
  const auto options = [](const http_reply& reply) { return json_of(reply)["publicKey"].dump(); };
  const auto asked = node(0).call(post("/auth/passkeys/registration").as(session.access));
  const json made{{"credential", json::parse(device.create(options(asked)))}};
  ASSERT_EQ(node(1).call(post_json("/auth/passkeys", made.dump()).as(session.access)).status, 201);
  const auto challenge = node(2).call(post_json("/auth/passkeys/challenge", "{}"));
  const json shown{{"credential", json::parse(device.get(options(challenge)))}};
  EXPECT_EQ(won(std::vector<http_call>(20, post_json("/auth/passkeys/sign-in", shown.dump()))), 1u);
}

TEST_F(ClusterFactors, WhatWasShownAtOneNodeCountsAtAnother) {
  auto owner = add_app_owner(node(0), true);
  const auto make_codes = [&](std::size_t at) {
    return node(at)
        .call(post_json("/auth/mfa/recovery-codes", "{}").as(owner.earlier.access))
        .status;
  };
  for (std::size_t i = 0; i < nodes().size(); ++i)
    EXPECT_EQ(make_codes(i), 401) << "by the password alone, at node " << i;
  const json proof{{"method", "totp"}, {"code", owner.next_code()}};
  ASSERT_EQ(
      node(1).call(post_json("/auth/mfa/step-up", proof.dump()).as(owner.earlier.access)).status,
      200);
  for (std::size_t i = 0; i < nodes().size(); ++i)
    EXPECT_EQ(make_codes(i), 201) << i;
}

TEST_F(ClusterFactors, ARemovedOneEndsTheOtherSessionsOnEachNode) {
  const auto owner = add_app_owner(node(0), true);
  const auto statuses = [](const std::string& access) {
    std::vector<int> all;
    for (std::size_t i = 0; i < nodes().size(); ++i)
      all.push_back(node(i).status_of_me(access));
    return all;
  };
  ASSERT_EQ(statuses(owner.earlier.access), (std::vector{200, 200, 200}));
  const auto factors = json_of(node(1).call(get("/auth/mfa").as(owner.session.access)));
  const auto path = "/auth/mfa/totp/" + factors["totp"][0].value("id", "");
  ASSERT_EQ(node(2).call(delete_(path).as(owner.session.access)).status, 204);
  EXPECT_EQ(statuses(owner.earlier.access), (std::vector{401, 401, 401}));
  EXPECT_EQ(statuses(owner.session.access), (std::vector{200, 200, 200}));
}

} // namespace
} // namespace latchkey::test
